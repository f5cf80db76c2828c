"""How long the database may look for what a list is narrowed to.

A narrow list may match little of much: whoever asks for it shall not hold a connection, of which a
process has ten, for as long as an ordinary statement may.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.problems import Problem

SECONDS: Final = 2.0
_LIMIT: Final = sa.text(f"SET LOCAL statement_timeout = {SECONDS * 1000:.0f}")


def too_broad() -> Problem:
    """422: the database has not found in time what a search asks for."""
    return Problem(
        422,
        "search_too_broad",
        f"This search takes longer than {SECONDS:g} s. Ask for longer words, or for less time by "
        "after: and before:.",
    )


async def limit(connection: AsyncConnection) -> None:
    """Each statement of the transaction ends in time from now on: as if the database were away."""
    await connection.execute(_LIMIT)


@asynccontextmanager
async def bounded(connection: AsyncConnection) -> AsyncIterator[None]:
    """As `limit`, but what does not end in time is Problem 422 `search_too_broad`."""
    await limit(connection)
    try:
        yield
    except sa.exc.OperationalError as error:
        if isinstance(error.orig, psycopg.errors.QueryCanceled):
            raise too_broad() from error
        raise
