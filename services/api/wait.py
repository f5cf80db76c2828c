"""Waiting for mail: a request that is answered when a message arrives that it wants.

Nobody is polled for: a notification wakes those who wait for its inbox (`services.api.listener`),
and they look (`services.api.arrivals`). Behind it is a tick, at which each looks by itself, so a
notification that is lost costs seconds and no mail.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import Request

from common import logs
from common.resources import Row
from common.settings import Settings
from services.api import problems
from services.api.arrivals import Arrival, Search, Wanted
from services.api.listener import Listener
from services.api.messages import check_inbox, get_message
from services.api.problems import Problem

MOST: Final = 100
"""Requests of one organization that wait in one process."""
TICK_SECONDS: Final = 5.0
"""How often each one looks unasked."""
UNHEARD_SECONDS: Final = 1.0
"""The same while nobody listens, or the database is away."""
SETTLE_SECONDS: Final = 1.0
"""How long an answer waits for transactions that are older than its message's, so that whoever asks
for what comes after it misses none of theirs. One that stays open must not hold all mail back.
"""
_UNSETTLED_SECONDS: Final = 0.05
_LOOKS: Final = 4
"""At one time, of the ten connections that all requests share: a hundred that wake up together
must not be in the way of those who send.
"""

log = logs.get(__name__)


class Waits:
    """Of one process. `stopping` is set when it begins to stop; `tick`: seconds."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        stopping: asyncio.Event,
        tick: float = TICK_SECONDS,
    ) -> None:
        self._stopping = stopping
        self._tick = tick
        # Each statement is a transaction of its own: what it sees is of its own moment.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turns = asyncio.Semaphore(_LOOKS)
        self._listener = Listener(settings, self._hear, self._wake_all)
        self._woken: dict[UUID, set[asyncio.Event]] = {}
        self._counts: Counter[UUID] = Counter()

    async def first(self, request: Request, wanted: Wanted, seconds: float) -> Row | None:
        """The first message that is wanted, or None when the time is over, the process stops, or
        nobody is there to hear it. Problem 404, 422, or 429 `too_many_waits`.
        """
        with self._admitted(wanted) as woken:
            work = asyncio.create_task(self._look_on(wanted, woken, seconds))
            others = [
                asyncio.create_task(self._stopping.wait()),
                asyncio.create_task(_hung_up(request)),
            ]
            try:
                await asyncio.wait({work, *others}, return_when=asyncio.FIRST_COMPLETED)
                return work.result() if work.done() else None
            finally:
                for task in (work, *others):
                    task.cancel()
                await asyncio.gather(work, *others, return_exceptions=True)

    async def close(self) -> None:
        """No request waits by now."""
        await self._listener.close()

    @contextmanager
    def _admitted(self, wanted: Wanted) -> Iterator[asyncio.Event]:
        """An event that is set when there may be something new. The first one makes us listen."""
        organization_id, inbox_id = wanted.organization_id, wanted.inbox_id
        if self._counts[organization_id] >= MOST:
            words = f"An organization waits for mail {MOST} times at one time at most."
            raise Problem(429, "too_many_waits", words, headers={"retry-after": "5"})
        self._listener.start()
        woken = asyncio.Event()
        self._counts[organization_id] += 1
        self._woken.setdefault(inbox_id, set()).add(woken)
        try:
            yield woken
        finally:
            self._woken[inbox_id].discard(woken)
            if not self._woken[inbox_id]:
                del self._woken[inbox_id]
            self._counts[organization_id] -= 1
            if not self._counts[organization_id]:
                del self._counts[organization_id]

    def _hear(self, inbox_id: UUID) -> None:
        for woken in self._woken.get(inbox_id, ()):
            woken.set()

    def _wake_all(self) -> None:
        for inbox_id in self._woken:
            self._hear(inbox_id)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        async with self._turns, self._engine.connect() as connection:
            yield connection

    async def _look_on(self, wanted: Wanted, woken: asyncio.Event, seconds: float) -> Row | None:
        until = _time() + seconds
        search = Search(wanted)
        async with self._connected() as connection:
            await check_inbox(connection, wanted.organization_id, wanted.inbox_id)
            await search.begin(connection)
        while True:
            woken.clear()
            left = until - _time()
            arrival, tick = await self._look(search, is_last=left <= 0)
            if arrival:
                return await self._read(wanted, arrival)
            if left <= 0:
                return None
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), min(tick, max(0.0, until - _time())))

    async def _look(self, search: Search, *, is_last: bool) -> tuple[Arrival | None, float]:
        """What is there, and how soon to look again. A database that is away for a while ends no
        wait; one that is away at its end has the caller told so, as there may be mail.
        """
        try:
            arrival = await self._settled(search)
        except Exception as error:
            if is_last or not problems.is_unavailable(error):
                raise
            log.warning("wait.interrupted", error=type(error).__name__)
            return None, UNHEARD_SECONDS
        return arrival, self._tick if self._listener.is_up else UNHEARD_SECONDS

    async def _settled(self, search: Search) -> Arrival | None:
        until = _time() + SETTLE_SECONDS
        while True:
            async with self._connected() as connection:
                arrival = await search.look(connection)
            if arrival is None or arrival.settled or _time() >= until:
                return arrival
            await asyncio.sleep(_UNSETTLED_SECONDS)

    async def _read(self, wanted: Wanted, arrival: Arrival) -> Row:
        async with self._connected() as connection:
            key = (wanted.organization_id, wanted.inbox_id, arrival.message_id)
            return await get_message(connection, *key)


async def _hung_up(request: Request) -> None:
    """Until the client has gone; a body that it sends is passed over."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _time() -> float:
    return asyncio.get_running_loop().time()
