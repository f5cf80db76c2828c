"""What a sender's death, its sleep and SES's silence do to messages."""

from collections import Counter

from tests.faults import ledger
from tests.faults.evidence import Evidence
from tests.faults.report import Bar, Report, at_least, at_most
from tests.faults.run import Size, calls, experiment, let_pass, reached
from tests.faults.system import SENDERS, System

_BURST = 200.0  # a second: more than the sleeper can call for at once
_BUSY = 3  # calls at one time
_TICK = 300  # seconds: a tick comes long after an experiment has given up
_FENCED = "postroom_sends_fenced_total"


def senders_killed(system: System, seed: int, size: Size) -> Report:
    """1: kill -9 of one of two senders with calls in its hands, at random, again and again; it is
    started again.
    """
    with experiment(system, seed) as run:
        system.double.faults(latencyMs=250)
        for _ in range(size.kills):
            run.load.begin(size.messages // size.kills, _BURST, within=120)
            run.until_under_way(_BUSY)
            let_pass(run.dice.uniform(0, 0.2))
            system.restart(run.dice.choice(SENDERS))
            reached(lambda: float(run.is_sent()), 1, within=size.quiet)
        evidence = run.seen(size.quiet)
        slow = ledger.percentile(ledger.recoveries(evidence), 0.99)
        within = system.pace.lease + 2 + size.slack
        bars = [Bar("kills", f"{size.kills}"), at_most("p99", slow, within), held(evidence)]
        return run.report("1 kill -9 of a sender", evidence, bars)


def dead_after_accept(system: System, seed: int, size: Size) -> Report:
    """2: a sender ends between SES's answer and its record; the other one is away until then."""
    first, second = SENDERS
    sender = system.processes[first]
    crash = {"crash_at": f"after_ses_accept:{max(size.messages // (10 * size.faults), 2)}"}
    deaths = 0
    with experiment(system, seed) as run:
        system.processes[second].kill()
        system.restart(first, settings=crash)
        run.load.begin(size.messages, size.rate, within=120)
        while not run.is_sent():
            if not sender.is_running:
                deaths += 1
                system.restart(first, settings=crash if deaths < size.faults else None)
                if deaths == 1:
                    system.restart(second)
            let_pass(0.1)
        evidence = run.seen(size.quiet)
        bars = [at_least("deaths", deaths, 1), held(evidence)]
        return run.report("2 dies after SES's accept", evidence, bars)


def silent_ses(system: System, seed: int, size: Size) -> Report:
    """3: SES takes the mail, and then hangs, says 500 or resets; or says 500 and takes nothing."""
    share = max(0.05, 8 / size.messages)
    with experiment(system, seed) as run:
        thirds = dict.fromkeys(("hung", "accepted500", "reset"), share / 3)
        system.double.faults(seed=seed, error500=share / 3, **thirds)
        run.load.send(size.messages, size.rate)
        evidence = run.seen(size.quiet)
        fates = Counter(post.outcome for post in evidence.posts)
        silent = sum(fates[fate] for fate in thirds)
        bars = [calls(evidence), at_least("silent", silent, 1), held(evidence)]
        return run.report("3 SES accepts and does not say so", evidence, bars)


def sender_stopped(system: System, seed: int, size: Size) -> Report:
    """4: SIGSTOP of a sender for longer than its lease, with calls in its hands, then SIGCONT.

    While it sleeps another one starts and takes over, at every other time: what the sleeper begins
    and records then is refused. Alone it wakes up and finds its own old claims beside new ones.
    """
    sleeper, other = system.senders
    naps = max(size.faults // 3, 1)
    fenced = 0.0
    with experiment(system, seed) as run:
        system.double.faults(latencyMs=250)
        for nap in range(naps):
            sleeper.kill()
            other.kill()
            system.ground.redis.empty()  # so that the whole rate is the sleeper's: it takes a lot
            system.restart(SENDERS[0], settings={"sender_threads": _BUSY})
            run.load.begin(size.messages // naps, _BURST, within=120)
            run.until_under_way(_BUSY)
            sleeper.pause()
            if nap % 2 == 0:
                system.restart(SENDERS[1])
            let_pass(system.pace.lease + 2 * system.pace.tick)
            sleeper.resume()
            evidence = run.seen(size.quiet)
            fenced += reached(lambda: sleeper.metric(_FENCED), 1, within=size.quiet)
        bars = [at_least("fenced", fenced, 1), calls(evidence), held(evidence)]
        return run.report("4 SIGSTOP past the lease", evidence, bars)


def rings_alone(system: System, seed: int, size: Size) -> Report:
    """0: no fault but a tick of five minutes: what nobody rings for stays where it is."""
    first, second = SENDERS
    with experiment(system, seed) as run:
        system.processes[second].kill()
        system.restart(first, settings={"tick_seconds": _TICK})
        for _ in range(2 * size.faults):
            run.load.send(1, rate=1)
            evidence = run.seen(size.quiet)
            if not ledger.balance(evidence).is_clean():
                break
        return run.report("0 by rings alone", evidence)


def held(evidence: Evidence) -> Bar:
    return Bar("held", str(sum(row.send_state == "held" for row in evidence.stored)))
