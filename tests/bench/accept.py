"""How many messages the API accepts a second, beside a bare FastAPI route with the same body.

One process of the API with everything on: authentication, rate limit, Idempotency-Key, recipients,
search row, a log line, the database at its default durability. All servers are driven in turns by
one client process with 32 connections.

How long a caller waits is measured at 80 % of that rate, from the moment when a request was due.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import Final

from tests.bench.accept_ground import BODY, Ground, ground
from tests.bench.client import CONNECTIONS, Target, load, pace
from tests.bench.measure import ROUNDS, Bar, Figure, cpu_seconds, percentile, ratios

WARM_SECONDS: Final = 0.7
SECONDS: Final = 1.8  # of one turn
PACED_SECONDS: Final = 4.0
PART: Final = 0.8
CORES: Final = 4  # two API processes, the client and Postgres
BAR: Final = Bar(0.5)
P99_BAR: Final = Bar(150, at_least=False)  # milliseconds
TWO_BAR: Final = Bar(1.4)


@dataclass(slots=True)
class Rates:
    """Of each round: requests a second, and CPU milliseconds of the servers for each."""

    a_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """In the middle."""
        return f"{median(self.a_second):,.0f}/s, {median(self.cpu):.2f} ms CPU each"


class Rounds:
    """What was measured so far."""

    def __init__(self, here: Ground, client: ProcessPoolExecutor) -> None:
        self._here = here
        self._client = client
        self.bare, self.plain, self.keyed, self.two = Rates(), Rates(), Rates(), Rates()
        self.p50: list[float] = []
        self.p99: list[float] = []

    def warm(self) -> None:
        """What is slow once."""
        for target in (self._here.bare_route, self._here.plain, self._here.keyed()):
            self._client.submit(load, target, WARM_SECONDS).result()

    def go(self) -> None:
        """One round."""
        here = self._here
        self._drive(self.bare, here.bare_route)
        self._drive(self.plain, here.plain)
        self._drive(self.keyed, here.keyed())
        self._pace(PART * self.keyed.a_second[-1])
        # Up in this turn alone: in the others it would do a part of the one process's work.
        with here.another() as port:
            self._client.submit(load, here.keyed(port), WARM_SECONDS).result()
            self._drive(self.two, here.keyed(port))

    def _drive(self, rates: Rates, target: Target) -> None:
        self._here.forget_words()
        pid = self._here.pids[target.ports[0]]
        cpu = cpu_seconds(pid)
        driven = self._client.submit(load, target, SECONDS).result()
        rates.a_second.append(driven.requests / driven.seconds)
        rates.cpu.append((cpu_seconds(pid) - cpu) / driven.requests * 1000)

    def _pace(self, a_second: float) -> None:
        self._here.forget_words()
        took = self._client.submit(pace, self._here.keyed(), a_second, PACED_SECONDS).result()
        self.p50.append(percentile(took, 0.5) * 1000)
        self.p99.append(percentile(took, 0.99) * 1000)


def main() -> list[Figure]:
    """The rate beside the bare route's, how long callers wait, and what a second process adds."""
    with ExitStack() as stack:
        here = ground(stack)
        client = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        rounds = Rounds(here, client)
        rounds.warm()
        for _ in range(ROUNDS):
            rounds.go()
    return _figures(rounds)


def _figures(rounds: Rounds) -> list[Figure]:
    bare, keyed = rounds.bare, rounds.keyed
    name = f"accept, {CONNECTIONS} connections, {len(BODY):,} bytes"
    return [
        Figure(
            f"{name}, Idempotency-Key, beside a bare FastAPI route",
            ratios(keyed.a_second, bare.a_second),
            bar=BAR,
            told=f"{keyed}; bare {bare}",
        ),
        Figure(
            "accept without Idempotency-Key, beside the same",
            ratios(rounds.plain.a_second, bare.a_second),
            told=str(rounds.plain),
        ),
        Figure(
            f"accept with Idempotency-Key at {PART:.0%} of its rate, p99 since due",
            tuple(rounds.p99),
            "ms",
            P99_BAR,
            f"{PART * median(keyed.a_second):,.0f}/s, p50 {median(rounds.p50):.0f} ms",
        ),
        _two(rounds),
    ]


def _two(rounds: Rounds) -> Figure:
    cores = len(os.sched_getaffinity(0))
    told = f"{median(rounds.two.a_second):,.0f}/s"
    if cores < CORES:
        told += f"; no bar on {cores} cores: two processes, client and Postgres want {CORES}"
    values = ratios(rounds.two.a_second, rounds.keyed.a_second)
    bar = TWO_BAR if cores >= CORES else None
    return Figure("accept, two API processes beside one", values, bar=bar, told=told)
