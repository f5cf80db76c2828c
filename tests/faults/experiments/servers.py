"""What Redis and Postgres can do to messages by going away, forgetting, or not answering."""

from tests.faults import ledger
from tests.faults.evidence import Evidence
from tests.faults.report import Bar, Report, at_least, at_most, equal
from tests.faults.run import Run, Size, experiment, let_pass
from tests.faults.system import System

_A_TICK_MORE = 4.0  # seconds: what waits for Redis gives up after one, and then has but a share
_SLOWEST_ANSWER = 10.0


def redis_away(system: System, seed: int, size: Size) -> Report:
    """5: Redis stops for a while, comes back, and is then emptied, all under load."""
    redis = system.ground.redis
    with experiment(system, seed) as run:
        system.forget_dead_senders()
        rate = size.messages / (size.outage + 2)
        run.load.begin(size.messages, min(rate, size.rate), within=300)
        let_pass(0.5)
        redis.stop()
        let_pass(size.outage)
        redis.start()
        let_pass(0.5)
        redis.empty()
        evidence = run.seen(size.quiet)
        return run.report("5 Redis stops, then is emptied", evidence, _by_tick(run, evidence, size))


def redis_swallows(system: System, seed: int, size: Size) -> Report:
    """6: one of a hundred replies of Redis never comes (more of them in the short form)."""
    proxy = system.proxies["redis"]
    with experiment(system, seed) as run:
        system.forget_dead_senders()
        before = proxy.swallowed
        proxy.trouble(swallow=max(0.01, 2 / size.messages))
        run.load.send(size.messages, size.rate, within=300)
        evidence = run.seen(size.quiet)
        swallowed = at_least("swallowed", proxy.swallowed - before, 1)
        return run.report(
            "6 Redis swallows replies", evidence, [swallowed, *_by_tick(run, evidence, size)]
        )


def _by_tick(run: Run, evidence: Evidence, size: Size) -> list[Bar]:
    """Without Redis the API says 202 as ever, and work goes on at tick speed."""
    slow = ledger.percentile(ledger.recoveries(evidence), 0.99)
    within = run.system.pace.tick + _A_TICK_MORE + size.slack
    return [equal("503", run.load.journal.statuses["503"], 0), at_most("p99", slow, within)]


def postgres_restarts(system: System, seed: int, size: Size) -> Report:
    """7: Postgres crashes and recovers, several times; then it answers nothing for a while."""
    postgres, proxy = system.ground.postgres, system.proxies["postgres"]
    crashes, pause = max(size.faults // 2, 1), size.outage / 6 + 1
    with experiment(system, seed) as run:
        rate = size.messages / (3 * crashes + pause)
        run.load.begin(size.messages, min(rate, size.rate), within=300)
        for _ in range(crashes):
            let_pass(run.dice.uniform(0.3, 1))
            postgres.crash()
            let_pass(0.5)
            postgres.start()
        let_pass(1)
        proxy.trouble(paused=True)
        let_pass(pause)
        proxy.trouble()
        evidence = run.seen(size.quiet)
        statuses = run.load.journal.statuses
        bars = [
            Bar("503", f"{statuses['503']} of {statuses.total()}"),
            at_most("slowest answer", run.load.journal.slowest, _SLOWEST_ANSWER + size.slack),
            at_least("crashes", crashes, 1),
        ]
        return run.report("7 Postgres crashes, then pauses", evidence, bars)
