"""`python -m tests.bench.soak [--minutes 15] [--rate N] [--every SECONDS]`: a long steady load.

The whole product, with 60 % of what it can do end to end: accepted, sent, feedback taken in and
the webhook delivered, found in the same run by a short saturation. Every ten seconds a sample; at
the end all must be flat, every process small, and nothing lost. Writes `bench/soak.json`; exit 1
where a bar is missed.
"""

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson
import uvloop

from tests.bench.measure import Figure, percentile
from tests.bench.soak_books import Books
from tests.bench.soak_ground import Site, site
from tests.bench.soak_judge import NOTHING, figures
from tests.bench.soak_load import Load
from tests.bench.soak_sample import Sample, Sampler

PART: Final = 0.6
CUSTOMERS: Final = 4
RESULTS: Final = Path(__file__).parents[2] / "bench" / "soak.json"
_WARM_SECONDS: Final = 5.0
_SATURATED_SECONDS: Final = 20.0
_END_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done. `rate`: messages a second; 0 finds it."""

    minutes: float
    rate: float
    every: float


class Soak:
    """One run."""

    def __init__(self, here: Site, asked: Asked) -> None:
        self._site = here
        self._asked = asked
        self._books = Books(here)
        self.capacity = 0.0
        self.rate = 0.0
        self.samples: list[Sample] = []
        self.took: list[list[float]] = []
        """Seconds from due to the 202, of the sends before each sample."""

    async def go(self) -> list[Figure]:
        """All of it."""
        async with Load(self._site) as load:
            await load.saturate(_WARM_SECONDS)
            await self._end(load)
            self.rate = self._asked.rate or PART * await self._saturate(load)
            load.seen.took.clear()
            _say(f"soak at {self.rate:.1f} messages a second for {self._asked.minutes:g} minutes")
            await self._under_load(load)
            is_over = await self._end(load)
            lost = await asyncio.to_thread(self._books.figures, load.seen)
        return [*self._told(load, is_over=is_over), *lost, *figures(self.samples)]

    async def _saturate(self, load: Load) -> float:
        """Messages a second that come to their end, with all that is left of them at the end."""
        began, before = time.monotonic(), load.ended
        await load.saturate(_SATURATED_SECONDS)
        if not await self._end(load):
            raise RuntimeError("saturated, the system does not come to an end")
        self.capacity = (load.ended - before) / (time.monotonic() - began)
        _say(f"capacity: {self.capacity:.1f} messages a second, end to end")
        return self.capacity

    async def _under_load(self, load: Load) -> None:
        seconds = self._asked.minutes * 60
        sampler = Sampler(self._site)
        looking = asyncio.create_task(self._keep_looking(load, sampler, seconds))
        await load.pace(self.rate, seconds)
        await looking
        sampler.close()

    async def _keep_looking(self, load: Load, sampler: Sampler, seconds: float) -> None:
        began = time.monotonic()
        for number in range(1, int(seconds / self._asked.every) + 1):
            at = number * self._asked.every
            await asyncio.sleep(began + at - time.monotonic())
            self.samples.append(await asyncio.to_thread(sampler.look, at))
            self.took.append(load.seen.took.copy())
            load.seen.took.clear()

    async def _end(self, load: Load) -> bool:
        """Whether all that was begun comes to its end, and to its words."""
        until = time.monotonic() + _END_SECONDS
        while time.monotonic() < until:
            ended = await load.look() >= load.seen.begun
            if ended and not await asyncio.to_thread(self._books.waiting):
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    def _told(self, load: Load, *, is_over: bool) -> list[Figure]:
        every = [one for part in self.took for one in part]
        refused = load.seen.refused
        p99s = [percentile(part, 0.99) * 1000 for part in self.took if part]
        told = f"medians of {len(p99s)} samples; most of all {max(every) * 1000:,.0f} ms"
        return [
            Figure("soak: capacity, end to end", (self.capacity,), "a second"),
            Figure("soak: load", (self.rate,), "a second"),
            Figure("soak: accept since due, p99", (median(p99s),), "ms", told=told),
            _none("unfinished at the end", int(not is_over), "1 where something still waits"),
            _none("requests refused", refused.total(), str(dict(refused))),
            _none("repeated requests that were answered otherwise", load.seen.unlike, ""),
        ]


def _none(name: str, many: int, told: str) -> Figure:
    return Figure(f"soak: {name}", (float(many),), "of none", NOTHING, told)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def run(asked: Asked) -> bool:
    """Print and write it; whether all bars are met."""
    with ExitStack() as stack:
        soak = Soak(site(stack, CUSTOMERS, POSTROOM_LOG_LEVEL="WARNING"), asked)
        found = uvloop.run(soak.go())
    for figure in found:
        _say(str(figure))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(orjson.dumps(_written(soak, asked, found), option=orjson.OPT_INDENT_2))
    return all(one.is_met for one in found)


def _written(soak: Soak, asked: Asked, found: list[Figure]) -> dict[str, Any]:
    return {
        "asked": asdict(asked),
        "capacity": soak.capacity,
        "rate": soak.rate,
        "figures": [one.as_json() for one in found],
        "samples": [one.as_json() for one in soak.samples],
    }


def main() -> bool:
    """As the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0 finds it")
    parser.add_argument("--every", type=float, default=10, help="seconds between samples")
    return run(Asked(**vars(parser.parse_args())))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
