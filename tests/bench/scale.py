"""What a million messages cost: the same questions to a big and to a small database, in turns.

The big one has 1,000,000 messages (or SCALE_MESSAGES of them) in 1,000 inboxes, a tenth of them in
one, and a fifth waits to be sent; the small one is like it, of 10,000. Each is on a server of its
own, at its defaults. Not a part of `make bench`, as it takes ten minutes by itself: `make scale`.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Final

import sqlalchemy as sa

from common.db import make_engine
from common.models import ApiKey
from common.settings import Settings
from services.api import keys
from tests.bench import scale_accept, scale_claims, scale_reads, scale_search, scale_seed
from tests.bench.ground import installation
from tests.bench.measure import Bar, Figure, ratios
from tests.bench.scale_accept import Cost
from tests.bench.scale_reads import Both
from tests.bench.scale_search import EVERY, RARE, Caller
from tests.bench.scale_seed import Seeded
from tests.bench.scale_shape import BIG, ORGANIZATION, Shape

MESSAGES: Final = int(os.environ.get("SCALE_MESSAGES", "1000000"))
FEW: Final = 10_000
BAR: Final = Bar(1.3, at_least=False)
BARRED: Final = ("claim", "list page", "get", "threads page")
SEED_BAR: Final = Bar(180, at_least=False)  # seconds
SEARCH_BARS: Final = {RARE: Bar(20, at_least=False), EVERY: Bar(150, at_least=False)}  # ms
COST_BAR: Final = Bar(0.9)
FOUND_BAR: Final = Bar(5, at_least=False)  # seconds


def main() -> Iterator[Figure]:
    """Seeding, the hot queries, what search costs an accept, and search."""
    with ExitStack() as stack:
        big, small = ((installation(stack), Shape(count)) for count in (MESSAGES, FEW))
        scale_seed.seed(*small)
        yield _seeded(scale_seed.seed(*big))
        for name, both in scale_reads.reads(big, small).items():
            yield _read(name, both)
        waiting, drained = scale_claims.claims(big[0], small[0])
        yield _read("claim", waiting)
        yield _read("claim behind what was sent", drained)
        yield from _cost(scale_accept.cost(big[0]))
        yield from _searches(*big)  # with what the accepts have left in the index


def _seeded(seeded: Seeded) -> Figure:
    told = f"{seeded.size / 1e9:.1f} GB; the index of words {seeded.index_seconds:.0f} s more"
    name = f"scale: {MESSAGES:,} messages by COPY, without the index of words"
    return Figure(name, (seeded.seconds,), "s", SEED_BAR, told)


def _read(name: str, both: Both) -> Figure:
    big, small = both
    told = (
        f"{median(big.rounds):.2f} ms, beside {median(small.rounds):.2f}; "
        f"asked for the first time {big.first:.2f} and {small.first:.2f}"
    )
    named = f"scale: {name}, {MESSAGES:,} messages beside {FEW:,}"
    bar = BAR if name in BARRED else None
    return Figure(named, ratios(big.rounds, small.rounds), bar=bar, told=told)


def _searches(settings: Settings, shape: Shape) -> list[Figure]:
    with scale_accept.api(settings) as (port, _):
        found = scale_search.searches(shape, Caller(port, _key(settings, shape)))
    count = f"scale: {shape.in_inbox(BIG):,} messages in an inbox"
    return [
        Figure(f"{count}, {name}, p99", values, "ms", SEARCH_BARS.get(name))
        for name, values in found.items()
    ]


def _key(settings: Settings, shape: Shape) -> str:
    """Of the organization that has the big inbox."""
    key = keys.make(shape.uuid(ORGANIZATION, shape.organization(BIG)), "bench")
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.insert(ApiKey).values(**key.row))
    engine.dispose()
    return key.text


def _cost(cost: Cost) -> list[Figure]:
    rates, cpu = (
        [f"{median(one):.{digits}f}" for one in of.values()]
        for of, digits in ((cost.rates, 0), (cost.cpu, 2))
    )
    told = f"{rates[0]}/s, {cpu[0]} ms CPU each; without {rates[1]}/s, {cpu[1]} ms"
    return [
        Figure(
            "scale: accept with search beside the same without", cost.ratios, "", COST_BAR, told
        ),
        Figure("scale: found after its accept", tuple(cost.idle), "s", FOUND_BAR),
        Figure("scale: the same at half of the load", tuple(cost.loaded), "s", FOUND_BAR),
    ]
