"""The hot lists of the API, each asked of a big and of a small database in turns.

By the functions that the routes call, on an engine such as theirs: HTTP and JSON cost the same
however much there is, and would only water the ratio down.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.db import make_async_engine
from common.settings import Settings
from services.api import asking, finding, finding_threads, messages, threads
from services.api.cursor import LIMIT, Page
from services.api.finding import Wanted
from services.api.language import Query
from tests.bench.measure import ROUNDS
from tests.bench.scale_shape import BIG, INBOX, MESSAGE, ORGANIZATION, THREAD, Shape

VISITS: Final = 100  # of one round


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller looks: a message, and the page of its inbox that begins behind it."""

    organization_id: UUID
    inbox_id: UUID
    message_id: UUID
    thread_id: UUID

    def wanted(self) -> Wanted:
        """The page."""
        page = Page(LIMIT, self.message_id)
        return Wanted(self.organization_id, self.inbox_id, page, Query())


def places(shape: Shape, dice: random.Random) -> list[Place]:
    """At any depth, with a whole page behind it; each other one in the big inbox."""
    found = []
    for visit in range(VISITS):
        inbox = BIG if visit % 2 else dice.randrange(shape.inboxes)
        number = shape.number(inbox, dice.randrange(LIMIT * 5, shape.in_inbox(inbox)))
        found.append(
            Place(
                shape.uuid(ORGANIZATION, shape.organization(inbox)),
                shape.uuid(INBOX, inbox),
                shape.uuid(MESSAGE, number),
                shape.uuid(THREAD, shape.thread(number)),
            )
        )
    return found


async def list_page(connection: AsyncConnection, at: Place) -> int:
    """`GET .../messages`."""
    await messages.check_inbox(connection, at.organization_id, at.inbox_id)
    return len((await asking.found(connection, at.wanted(), finding.list_messages)).rows)


async def threads_page(connection: AsyncConnection, at: Place) -> int:
    """`GET .../threads`."""
    await messages.check_inbox(connection, at.organization_id, at.inbox_id)
    return len((await asking.found(connection, at.wanted(), finding_threads.list_threads)).rows)


async def get(connection: AsyncConnection, at: Place) -> int:
    """`GET .../messages/{id}`."""
    await messages.get_message(connection, at.organization_id, at.inbox_id, at.message_id)
    return 1


async def get_thread(connection: AsyncConnection, at: Place) -> int:
    """`GET .../threads/{id}`."""
    owner, thread_id = at.organization_id, at.thread_id
    await messages.check_inbox(connection, owner, at.inbox_id)
    found = await threads.get_thread(connection, owner, at.inbox_id, thread_id)
    page = Page(LIMIT, None)
    return bool(found) and len(await threads.messages_of(connection, owner, thread_id, page))


Way = Callable[[AsyncConnection, Place], Awaitable[int]]
WAYS: Final[dict[str, tuple[Way, int]]] = {
    "list page": (list_page, LIMIT + 1),
    "get": (get, 1),
    "threads page": (threads_page, LIMIT + 1),
    "thread with messages": (get_thread, 1),
}
"""Each with how much it has to find, at least."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, the median of each round; `first`: of what nobody has asked for before."""

    first: float
    rounds: tuple[float, ...]


Both = tuple[Times, Times]
"""Of the big database, of the small one."""


def reads(big: tuple[Settings, Shape], small: tuple[Settings, Shape]) -> dict[str, Both]:
    """By the names of `WAYS`."""
    return asyncio.run(_reads(big, small))


async def _reads(*both: tuple[Settings, Shape]) -> dict[str, Both]:
    dice = random.Random(6)  # noqa: S311 - the same places each time, no secret
    engines = [make_async_engine(settings) for settings, _ in both]
    pairs = list(zip(*(places(shape, dice) for _, shape in both), strict=True))
    found = {}
    for name, (way, least) in WAYS.items():
        first, *rounds = [
            [
                [
                    await _timed(engines[0], way, big, least),
                    await _timed(engines[1], way, small, least),
                ]
                for big, small in pairs
            ]
            for _ in range(1 + ROUNDS)
        ]
        found[name] = both_of(first, rounds)
    for engine in engines:
        await engine.dispose()
    return found


async def _timed(engine: AsyncEngine, way: Way, at: Place, least: int) -> float:
    """Milliseconds of a route's own transaction."""
    began = time.perf_counter()
    async with engine.connect() as connection:
        count = await way(connection, at)
    took = (time.perf_counter() - began) * 1000
    if count < least:
        raise RuntimeError(f"{way.__name__} found {count} of {least}")
    return took


def both_of(first: list[list[float]], rounds: list[list[list[float]]]) -> Both:
    """Of pairs: what the big database took, and the small one."""

    def times(side: int) -> Times:
        return Times(
            median(pair[side] for pair in first),
            tuple(median(pair[side] for pair in one) for one in rounds),
        )

    return times(0), times(1)
