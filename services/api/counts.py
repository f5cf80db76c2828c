"""Two ways to count an hour of an organization's messages: Redis by `limits`, and Postgres."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import redis
import sqlalchemy as sa
from limits import RateLimitItemPerHour
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import AsyncEngine

from common import ids, logs
from common.settings import Settings

HOUR: Final = 3600
COOL_DOWN_SECONDS: Final = 5.0
"""How long Redis is left alone after it did not answer."""
PATIENCE_SECONDS: Final = 4.0
"""With Postgres, as `services.api.lookup` has."""
_TIMEOUT_SECONDS: Final = 0.25
_TRIES: Final = 3
# RuntimeError: uvloop's word for a connection that was lost between being made and being used.
_AWAY: Final = (redis.RedisError, OSError, RuntimeError)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Count:
    """After `granted` more were counted. `reset_at` (unix seconds): when the oldest that counts
    will be an hour old.
    """

    granted: int
    remaining: int
    reset_at: float


class ByRedis:
    """A moving window in Redis for each organization."""

    def __init__(self, settings: Settings) -> None:
        self._storage = RedisStorage(
            f"async+{settings.redis_url}",
            implementation="redispy",
            key_prefix=f"{settings.redis_prefix}:limits",
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=cast("Any", Retry(NoBackoff(), 0)),
        )
        self._windows = MovingWindowRateLimiter(self._storage)
        self._again_at = 0.0

    async def close(self) -> None:
        """Let go of the connections."""
        await cast("Any", self._storage).bridge.storage.aclose()

    async def count(self, organization_id: UUID, limit: int, cost: int) -> Count | None:
        """None where Redis does not answer; it is then left alone for a while."""
        if time.monotonic() < self._again_at:
            return None
        try:
            return await self._count(organization_id, limit, cost)
        except _AWAY as error:
            self._again_at = time.monotonic() + COOL_DOWN_SECONDS
            log.warning("limits.redis_away", error=type(error).__name__)
            return None

    async def _count(self, organization_id: UUID, limit: int, cost: int) -> Count:
        """All at once or, where so many do not fit, as many as do."""
        item, name = RateLimitItemPerHour(limit), str(organization_id)
        granted, wanted = 0, cost
        for _ in range(_TRIES):
            if wanted and await self._windows.hit(item, name, cost=wanted):
                granted += wanted
            stats = await self._windows.get_window_stats(item, name)
            wanted = min(cost - granted, stats.remaining)
            if wanted <= 0:
                break
        return Count(granted, max(0, stats.remaining), stats.reset_time)


_SENT: Final = sa.text("""
SELECT count(*) AS sent, min(created_at) AS oldest FROM (
    SELECT created_at FROM message
    WHERE organization_id = :organization_id AND id >= :first AND direction = 'outbound'
    ORDER BY id DESC LIMIT :most
) AS newest
""")


class ByPostgres:
    """The messages themselves."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def count(self, organization_id: UUID, limit: int, cost: int, under_way: int) -> Count:
        """`under_way`: granted before, and perhaps not in Postgres yet."""
        values = {
            "organization_id": organization_id,
            "first": ids.first_at(time.time() - HOUR),
            "most": limit,
        }
        async with asyncio.timeout(PATIENCE_SECONDS), self._engine.connect() as connection:
            row = (await connection.execute(_SENT, values)).one()
        free = max(0, limit - row.sent - under_way)
        granted = min(cost, free)
        oldest = row.oldest.timestamp() if row.oldest else time.time()
        return Count(granted, free - granted, oldest + HOUR)
