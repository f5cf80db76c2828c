"""What SES's limits do to messages: they wait, and none fails."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from tests.faults import ledger
from tests.faults.evidence import Evidence
from tests.faults.report import Bar, Report, at_least, at_most, equal
from tests.faults.run import Size, calls, experiment, let_pass, reached
from tests.faults.system import System

_MOST_IN_VAIN = 40  # calls: those that were under way, and a probe now and then
_LONGEST_LOOK = 90.0  # seconds that a pause which has grown may last on
_THROTTLED = "TooManyRequestsException"
_PAUSED = "postroom_sending_paused"


def throttled(system: System, seed: int, size: Size) -> Report:
    """10: more mail than MaxSendRate allows, and SES says 429 for a while on top."""
    with experiment(system, seed) as run:
        run.load.begin(3 * size.messages, 5 * size.rate, within=600)
        let_pass(0.5)
        system.double.faults(seed=seed, throttled=0.7)
        let_pass(min(size.outage, 20))
        reached(lambda: _refused(run.evidence())[_THROTTLED], 1)
        system.double.faults()
        # Half a minute goes by until the queue is empty.
        evidence = run.seen(2 * size.quiet)
        most = ledger.most_in_a_window(evidence.accepts)
        bars = [
            Bar("most in 2 s", f"{most} of {2 * system.pace.rate:.0f}"),
            at_least("429", _refused(evidence)[_THROTTLED], 1),
            calls(evidence),
            *_unharmed(evidence),
        ]
        return run.report("10 a storm of 429", evidence, bars)


def sending_paused(system: System, seed: int, size: Size) -> Report:
    """10: the account is paused; the senders stand still, and say so."""
    return _halted(system, seed, size, "10 SendingPaused", {"sendingEnabled": False})


def quota_exhausted(system: System, seed: int, size: Size) -> Report:
    """10: the quota of the day is used up. Not in the short form: the first pause is 10 s."""
    used_up = {"max24HourSend": 100.0, "sentLast24Hours": 100.0}
    size = replace(size, outage=2 * size.outage)
    return _halted(system, seed, size, "10 quota exhausted", used_up)


def _halted(
    system: System, seed: int, size: Size, name: str, account: Mapping[str, object]
) -> Report:
    with experiment(system, seed) as run:
        run.load.begin(size.messages, size.rate, within=600)
        let_pass(0.5)
        system.double.account(**account)
        stands = reached(lambda: sum(one.metric(_PAUSED) for one in system.senders), 1)
        let_pass(size.outage)
        system.double.account()
        began = time.monotonic()
        evidence = run.seen(size.quiet + _LONGEST_LOOK)
        refused = _refused(evidence)
        bars = [
            at_least("paused gauge", stands, 1),
            at_most("calls in vain", refused.total(), _MOST_IN_VAIN),
            Bar("drained s", f"{time.monotonic() - began:.1f}"),
            calls(evidence),
            *_unharmed(evidence),
        ]
        return run.report(name, evidence, bars)


def _refused(evidence: Evidence) -> Counter[str]:
    return Counter(post.outcome for post in evidence.posts if post.outcome.endswith("Exception"))


def _unharmed(evidence: Evidence) -> list[Bar]:
    ended = Counter(status for row in evidence.stored for status in row.recipients.values())
    return [equal("rejected or held", ended["rejected"] + ended["held"], 0)]
