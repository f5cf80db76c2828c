"""Making one resource in a transaction of its own, once for each Idempotency-Key."""

from collections.abc import Awaitable, Callable
from typing import Final

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from common.resources import Resource
from services.api import responses
from services.api.idempotency import Claimed, LostRaceError, find, keep
from services.api.problems import Problem

Create = Callable[[AsyncConnection], Awaitable[Resource]]

_WAIT: Final = sa.text("SET LOCAL lock_timeout = '5s'")
_TURN: Final = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


async def once(
    engine: AsyncEngine, claimed: Claimed | None, status: int, create: Create
) -> Response:
    """Make it, or tell again what was made under the same key."""
    if claimed is None:
        async with engine.begin() as connection:
            resource = await create(connection)
        return responses.answer(resource, status)
    try:
        return await _first(engine, claimed, status, create)
    except LostRaceError:
        async with engine.connect() as connection:
            replay = await find(connection, claimed)
        if replay is None:
            raise in_flight() from None
        return replay


async def _first(engine: AsyncEngine, claimed: Claimed, status: int, create: Create) -> Response:
    async with engine.begin() as connection:
        await _take_turns(connection, claimed)
        if replay := await find(connection, claimed):
            return replay
        body = orjson.dumps(await create(connection))
        await keep(connection, claimed, status, body)
    return responses.raw(body, status)


async def _take_turns(connection: AsyncConnection, claimed: Claimed) -> None:
    """Let requests with one key pass one after the other. Without it the second of two would
    meet the first one's resource (409 `inbox_exists`) before it met the first one's answer.
    """
    await connection.execute(_WAIT)
    try:
        await connection.execute(_TURN, {"key": f"{claimed.organization_id} {claimed.key}"})
    except sa.exc.OperationalError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise in_flight() from None
        raise


def in_flight() -> Problem:
    """The first request with this key has not come to its end, and took too long to wait for."""
    return Problem(
        409,
        "idempotency_key_in_flight",
        "A request with this Idempotency-Key is still being worked on. Try again soon.",
        headers={"retry-after": "1"},
    )
