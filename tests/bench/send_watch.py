"""How fast a process goes, as the server that it calls sees it, and what CPU it takes meanwhile."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import httpx

from tests.bench.measure import cpu_seconds
from tests.waiting import eventually

EDGE = 0.1
"""The part of the calls, at either end, that is not looked at."""
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Rate:
    """How many a second, and CPU seconds of each."""

    a_second: float
    cpu: float


def watched(server: httpx.Client, pid: int, count: int) -> Rate:
    """A turn of one process, which has just begun. The server tells by `/count` how many came,
    and by `/calls` when each did.
    """
    looks: list[tuple[int, float]] = []

    def all_came() -> bool:
        time.sleep(_LOOK_SECONDS)  # to look costs CPU too
        looks.append((server.get("/count").json(), cpu_seconds(pid)))
        return looks[-1][0] >= count

    eventually(all_came, within=120)
    calls = server.get("/calls").json()
    first, last = int(count * EDGE), int(count * (1 - EDGE)) - 1
    a_second = (last - first) / (calls[last] - calls[first])
    return Rate(a_second, _cpu([one for one in looks if first <= one[0] <= last]))


def _cpu(looks: list[tuple[int, float]]) -> float:
    (first, before), (last, after) = looks[0], looks[-1]
    return (after - before) / (last - first)


def told(rates: Iterable[Rate]) -> str:
    """Their medians in words."""
    these = list(rates)
    a_second, cpu = (median(getattr(one, name) for one in these) for name in ("a_second", "cpu"))
    return f"{a_second:,.0f}/s, {cpu * 1000:.2f} ms CPU each"
