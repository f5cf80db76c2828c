"""What every window must obey, wherever it lives, and how a test plays one through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Protocol

from hypothesis import strategies as st

from services.sender.window import SECOND, UNLIMITED, Verdict, Window

START = 1_795_000_000 * SECOND
"""A time as Redis tells it."""

rates = st.one_of(
    st.integers(1, 5000),
    st.sampled_from([1, 14, 200, 5000]),
    st.floats(1, 5000, allow_nan=False).map(lambda rate: round(rate, 2)),
)
recipients = st.one_of(st.just(1), st.integers(1, 50))
pauses = st.one_of(st.just(0), st.integers(0, 50_000), st.integers(0, 7 * SECOND))
"""Microseconds."""
arrivals = st.lists(st.tuples(pauses, st.lists(recipients, min_size=1, max_size=30)), max_size=30)
"""Sets of mails that ask together, each so long after the one before."""


@dataclass(frozen=True, slots=True)
class Grant:
    """`at`: the time to go, or at which SES saw it."""

    at: int
    cost: int


class Limiter(Protocol):
    """One implementation, under a clock of the test's. Times in microseconds."""

    def allow(self, now: int, rate: float, quota: float) -> None: ...
    def hold(self, now: int, micros: int) -> None: ...
    def grant(self, now: int, costs: Sequence[int]) -> list[Verdict]: ...


@dataclass(slots=True)
class InPython:
    window: Window = field(default_factory=Window)

    def allow(self, now: int, rate: float, quota: float) -> None:
        self.window.allow(now, rate, quota)

    def hold(self, now: int, micros: int) -> None:
        self.window.hold = max(self.window.hold, now + micros)

    def grant(self, now: int, costs: Sequence[int]) -> list[Verdict]:
        return self.window.grant(now, costs)


def play(
    limiter: Limiter, rate: float, sets: Iterable[tuple[int, list[int]]], quota: float = UNLIMITED
) -> list[Grant]:
    """All that was granted."""
    now, granted = START, []
    limiter.allow(now, rate, quota)
    for pause, costs in sets:
        now += pause
        verdicts = limiter.grant(now, costs)
        granted += grants(now, costs, verdicts)
    return granted


def grants(now: int, costs: Sequence[int], verdicts: Sequence[Verdict]) -> list[Grant]:
    pairs = zip(costs, verdicts, strict=True)
    return [Grant(now + verdict, cost) for cost, verdict in pairs if isinstance(verdict, int)]


def too_many(seen: Iterable[Grant], rate: float, span: int = 2 * SECOND) -> list[Grant]:
    """The mails of a window [t, t + span) with more than 2 x rate recipients, where it is not a
    single one; none where there is no such window. It is enough to look at windows that end right
    after a mail.
    """
    ordered = sorted(seen, key=lambda grant: grant.at)
    first = 0
    sums = [0, *accumulate(grant.cost for grant in ordered)]
    for last, grant in enumerate(ordered):
        while ordered[first].at <= grant.at - span:
            first += 1
        if last > first and sums[last + 1] - sums[first] > 2 * rate:
            return ordered[first : last + 1]
    return []


def in_order(granted: Sequence[Grant]) -> bool:
    return all(one.at <= following.at for one, following in pairwise(granted))


def saturate(limiter: Limiter, rate: float, seconds: int, at_once: int = 64) -> list[Grant]:
    """Mails to one that ask again and again, always more than may go."""
    sets: list[tuple[int, list[int]]] = [(100_000, [1] * at_once)] * (10 * seconds)
    return play(limiter, rate, sets)
