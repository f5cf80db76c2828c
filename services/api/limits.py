"""How many messages an organization may still send this hour: counted in Redis, or in Postgres.

`limits` keeps a moving window for each organization in Redis. Redis may be away, or may have
forgotten: Postgres has every message that was accepted, so it is asked instead, and goes on being
asked about an organization until Redis knows a whole hour of it again. A limit is never dropped.

What is granted counts at once, before the message is accepted: counted afterwards, a limit would
let a burst through. A message that then fails to be accepted has counted, in Redis, for an hour.
Several processes that count one organization in Postgres at the same time may each let through
what the others have under way.
"""

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from common.batch import Batcher
from common.settings import Settings
from services.api.counts import HOUR, ByPostgres, ByRedis, Count
from services.api.keyring import Caller


@dataclass(frozen=True, slots=True)
class Window:
    """Where an organization stands. `reset_seconds`: until the oldest message that counts is an
    hour old, and one more may be sent. `granted`: whether the one that was asked for may be.
    """

    limit: int
    remaining: int
    reset_seconds: int
    granted: bool

    @property
    def headers(self) -> dict[str, str]:
        """As contract.md names them."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset_seconds),
        }


@dataclass(frozen=True, slots=True)
class Ask:
    """`cost`: 1 for a message to be sent, 0 for a question."""

    organization_id: UUID
    limit: int
    cost: int


class Limiter:
    """Counts for one process of the API; what is asked at one time is counted in one go."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._redis = ByRedis(settings)
        self._postgres = ByPostgres(engine)
        self._asks = Batcher(self._answer, most=256, writers=1)
        self._postgres_until: dict[UUID, float] = {}
        self._under_way: Counter[UUID] = Counter()

    @asynccontextmanager
    async def take(self, caller: Caller) -> AsyncIterator[Window]:
        """Count one message, which is accepted inside of this context if it is `granted`."""
        window = await self._ask(caller, 1)
        try:
            yield window
        finally:
            if window.granted:
                self._arrived(caller.organization_id)

    def _arrived(self, organization_id: UUID) -> None:
        self._under_way[organization_id] -= 1
        if not self._under_way[organization_id]:
            del self._under_way[organization_id]

    async def look(self, caller: Caller) -> Window:
        """Count nothing."""
        return await self._ask(caller, 0)

    async def close(self) -> None:
        """When nobody asks any more."""
        await self._asks.close()
        await self._redis.close()

    async def _ask(self, caller: Caller, cost: int) -> Window:
        ask = Ask(caller.organization_id, caller.sends_per_hour, cost)
        answer = await self._asks.submit(ask)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def _answer(self, asks: list[Ask]) -> list[Window | BaseException]:
        """One that cannot be counted takes no other with it, nor what that is granted."""
        groups: dict[tuple[UUID, int], list[Ask]] = defaultdict(list)
        for ask in asks:
            groups[ask.organization_id, ask.limit].append(ask)
        counts = await asyncio.gather(
            *(self._count(*key, sum(one.cost for one in group)) for key, group in groups.items()),
            return_exceptions=True,
        )
        shares: dict[tuple[UUID, int], list[Window | BaseException]] = {
            key: [count] * len(group)
            if isinstance(count, BaseException)
            else [*shared(group, count)]
            for (key, group), count in zip(groups.items(), counts, strict=True)
        }
        return [shares[ask.organization_id, ask.limit].pop(0) for ask in asks]

    async def _count(self, organization_id: UUID, limit: int, cost: int) -> Count:
        count = await self._believed(organization_id, limit, cost)
        if count.granted:
            self._under_way[organization_id] += count.granted
        return count

    async def _believed(self, organization_id: UUID, limit: int, cost: int) -> Count:
        """Redis where it knows the whole hour, Postgres elsewhere. What is under way is read
        before Postgres is asked: counted twice for a moment rather than not at all.
        """
        under_way = self._under_way[organization_id]
        if self._redis_misses_some(organization_id):
            count = await self._postgres.count(organization_id, limit, cost, under_way)
            await self._redis.count(organization_id, limit, count.granted)
            return count
        by_redis = await self._redis.count(organization_id, limit, cost)
        if by_redis and limit - by_redis.remaining > by_redis.granted:
            return by_redis
        # The first of an hour, or Redis has forgotten, or is away: only Postgres knows which.
        by_postgres = await self._postgres.count(organization_id, limit, cost, under_way)
        if by_redis and by_postgres.remaining == by_redis.remaining:
            return by_redis
        self._postgres_until[organization_id] = time.monotonic() + HOUR
        return by_postgres

    def _redis_misses_some(self, organization_id: UUID) -> bool:
        until = self._postgres_until.get(organization_id, 0.0)
        if until > time.monotonic():
            return True
        self._postgres_until.pop(organization_id, None)
        return False


def shared(asks: list[Ask], count: Count) -> list[Window]:
    """One count among those who asked, first come, first served."""
    reset_seconds = max(1, math.ceil(count.reset_at - time.time()))
    windows = []
    left = count.granted
    for ask in asks:
        granted = left >= ask.cost
        left -= ask.cost if granted else 0
        windows.append(Window(ask.limit, count.remaining + left, reset_seconds, granted))
    return windows
