"""Whether a system under a steady load is steady: from its samples to figures. Pure.

What must be flat is told as the last quarter's median in parts of what it may be: half as much
again as the second quarter's (what was begun is warm by then), and a little that is nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import linear_regression, mean, median
from typing import Final

from tests.bench.measure import Bar, Figure, percentile
from tests.bench.soak_sample import OfProcess, Sample

Samples = Sequence[Sample]

RSS_BAR: Final = Bar(150, at_least=False)  # MB
GROWTH_BAR: Final = Bar(5, at_least=False)  # percent
AGE_BAR: Final = Bar(2, at_least=False)  # seconds
FLAT_BAR: Final = Bar(1, at_least=False)
DEAD_BAR: Final = Bar(1, at_least=False)
SIZE_BAR: Final = Bar(1.2, at_least=False)
NOTHING: Final = Bar(0, at_least=False)

_AGE_ALLOWANCE: Final = 0.1
_GROWS: Final = 1.5
_STEADY: Final = 1.1  # of what no load makes more of
_FEW_ROWS: Final = 10_000  # dead ones that cost nobody anything
_ROWS: Final = 1_000  # live ones by which the size of one is judged
_SMALL: Final = 100  # live ones of a table that does not grow with the load
_MB: Final = 1_000_000


def figures(samples: Samples) -> list[Figure]:
    """All that is judged; at least eight samples make sense of it."""
    return [
        *_memory(samples),
        *_queues(samples),
        *_servers(samples),
        *_tables(samples),
    ]


def quarter(samples: Samples, number: int) -> Samples:
    """The first is 0; at least one sample."""
    begin, end = (len(samples) * at // 4 for at in (number, number + 1))
    return samples[begin : max(end, begin + 1)]


def growth(points: Sequence[tuple[float, float]]) -> float:
    """Percent of its mean, from the first moment to the last, by the line of least squares: one
    point cannot decide it.
    """
    moments, values = zip(*points, strict=True)
    slope = linear_regression(moments, values).slope
    percent: float = slope * (moments[-1] - moments[0]) / mean(values) * 100
    return percent


def flat(
    name: str,
    samples: Samples,
    of: Callable[[Sample], float],
    allowance: float,
    grows: float = _GROWS,
) -> Figure:
    """As above."""
    before, last = (median(map(of, quarter(samples, number))) for number in (1, 3))
    told = f"medians {before:,.6g} in the second quarter, {last:,.6g} in the last"
    part = last / (grows * before + allowance)
    return Figure(f"soak: {name}, last quarter", (part,), "of what is flat", FLAT_BAR, told)


def _memory(samples: Samples) -> Iterator[Figure]:
    for name, one in sorted(samples[-1].processes.items()):
        rss = one.rss / _MB
        yield Figure(f"soak: RSS of {name} at the end", (rss,), "MB", RSS_BAR)
    half = samples[len(samples) // 2 :]
    for name in _parents(samples[-1]):
        points = [(one.at, float(sum(each.rss for each in _family(one, name)))) for one in half]
        told = f"{points[0][1] / _MB:.1f} to {points[-1][1] / _MB:.1f} MB, with its children"
        percent = growth(points)
        yield Figure(f"soak: growth of {name} in the last half", (percent,), "%", GROWTH_BAR, told)


def _queues(samples: Samples) -> Iterator[Figure]:
    for name in sorted(samples[-1].ages):
        # One that did not answer has no age: as bad as one that stands still.
        ages = [one.ages.get(name, float("inf")) for one in samples]
        told = f"median {median(ages):.3f} s, most {max(ages):.3f} s of {len(ages)}"
        p99 = percentile(ages, 0.99)
        yield Figure(f"soak: age of the queue {name}, p99", (p99,), "s", AGE_BAR, told)
        yield flat(f"age of {name}", samples, _age(name), _AGE_ALLOWANCE)
    for name in sorted(samples[-1].depths):
        yield flat(f"messages in {name}", samples, _depth(name), 20)


def _age(name: str) -> Callable[[Sample], float]:
    return lambda one: one.ages.get(name, float("inf"))


def _depth(name: str) -> Callable[[Sample], float]:
    return lambda one: one.depths[name]


def _servers(samples: Samples) -> Iterator[Figure]:
    yield flat("Redis keys", samples, lambda one: one.redis_keys, 20, _STEADY)
    yield flat("Redis memory", samples, lambda one: one.redis_bytes, _MB, _STEADY)
    yield flat("connections to Postgres", samples, lambda one: _all(one.connections), 2, _STEADY)
    yield flat("of them not idle", samples, lambda one: _busy(one.connections), 3)
    for what, allowance in (("files", 30), ("threads", 4)):
        found = [
            flat(f"{what} of {name}", samples, _sum(name, what), allowance, _STEADY)
            for name in _parents(samples[-1])
        ]
        yield worst(f"open {what}, worst process", found)


def _all(connections: Mapping[str, int]) -> int:
    return sum(connections.values())


def _busy(connections: Mapping[str, int]) -> int:
    return sum(many for state, many in connections.items() if state != "idle")


def _sum(name: str, what: str) -> Callable[[Sample], float]:
    return lambda one: float(sum(getattr(each, what) for each in _family(one, name)))


def _tables(samples: Samples) -> Iterator[Figure]:
    middle, last = samples[len(samples) // 2], samples[-1]
    names = sorted(name for name, one in last.tables.items() if one.live or one.dead)
    yield worst("dead rows by live ones, worst table", [_dead(one, last) for one in names])
    grown = [name for name in names if middle.tables[name].live > _ROWS]
    if grown:
        found = [_row_size(name, middle, last) for name in grown]
        yield worst("bytes a live row by those in the middle, worst table", found)
    small = [name for name in names if last.tables[name].live < _SMALL]
    found = [flat(f"bytes of {one}", samples, _bytes(one), 2 * _MB) for one in small]
    yield worst("bytes of tables that do not grow, worst", found)


def _dead(name: str, last: Sample) -> Figure:
    table = last.tables[name]
    told = f"{table.dead:,} dead, {table.live:,} live, vacuumed {table.vacuums} times"
    return Figure(name, (table.dead / max(table.live, _FEW_ROWS),), "", DEAD_BAR, told)


def _row_size(name: str, middle: Sample, last: Sample) -> Figure:
    was, now = (one.tables[name].total / one.tables[name].live for one in (middle, last))
    return Figure(name, (now / was,), "", SIZE_BAR, f"{was:,.0f} bytes, then {now:,.0f}")


def worst(name: str, found: Sequence[Figure], shown: int = 3) -> Figure:
    """The one with the highest value in place of all of them; it and the next are told."""
    ordered = sorted(found, key=lambda one: one.median, reverse=True)
    told = "; ".join(f"{one.name.removeprefix('soak: ')}: {one.told}" for one in ordered[:shown])
    return replace(ordered[0], name=f"soak: {name}", told=told)


def _bytes(name: str) -> Callable[[Sample], float]:
    return lambda one: one.tables[name].total


def _parents(sample: Sample) -> list[str]:
    return sorted(name for name in sample.processes if "/" not in name)


def _family(sample: Sample, name: str) -> Iterator[OfProcess]:
    """The process and its children."""
    return (one for which, one in sample.processes.items() if which.partition("/")[0] == name)
