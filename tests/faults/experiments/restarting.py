"""What a deployment, a power failure and a wrong clock do to messages."""

import time
from contextlib import ExitStack

from tests.faults.report import Bar, Report, at_most, equal
from tests.faults.run import Run, Size, experiment, let_pass
from tests.faults.system import NAMES, System

_SKEW = 600  # seconds
_DRAIN_SECONDS = 30.0
_ROUND_SECONDS = 3.0  # at most, in which some processes stop and start
_ROUNDS = (("api",), ("sender-1", "status"), ("sender-2", "webhooks"))
_SKEWED = {"sender-1": _SKEW, "sender-2": -_SKEW, "status": _SKEW}


def restarts(system: System, seed: int, size: Size) -> Report:
    """14, under load: everything is killed at one moment; it starts again on machines whose clocks
    are ten minutes wrong; then each process in turn is asked to stop and starts with a right one.
    No request is dropped by the latter, and every process ends with 0.
    """
    with experiment(system, seed) as run:
        run.load.begin(size.messages, size.rate, within=300)
        let_pass(size.messages / size.rate / 2)
        _kill_all(system)
        with ExitStack() as stack:
            for name, seconds in _SKEWED.items():
                launcher = ("tests.faults.skewed", str(seconds))
                stack.enter_context(system.launched_by(launcher, name))
            system.restart(*NAMES)
        run.load.finish()
        began = time.monotonic()
        run.quiet(size.quiet)
        drained = at_most("drained s", time.monotonic() - began, _DRAIN_SECONDS + size.slack)
        bars = [Bar("clocks", f"+-{_SKEW} s"), drained, *_rolling(run, size)]
        evidence = run.seen(size.quiet)
        return run.report("14 restarts, wrong clocks", evidence, bars)


def _kill_all(system: System) -> None:
    for one in system.processes.values():
        one.kill()


def _rolling(run: Run, size: Size) -> list[Bar]:
    processes, before = run.system.processes, run.load.journal.cut
    rate = size.messages / (min(_ROUND_SECONDS, size.outage) * len(_ROUNDS))
    run.load.begin(size.messages, min(rate, size.rate), within=300)
    failed: dict[str, int] = {}
    for names in _ROUNDS:
        for name in names:
            processes[name].ask_to_stop()
        failed |= {name: code for name in names if (code := processes[name].exit_code())}
        run.system.restart(*names)
    run.load.finish()
    cut = run.load.journal.cut - before
    return [equal("exits", failed or "all 0", "all 0"), equal("requests cut", cut, 0)]
