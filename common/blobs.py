"""Bytes of files on their way into the table `blob`: by COPY, which takes them in pieces.

As a parameter they would be copied twice more, and once of it into a buffer that libpq keeps as
long as the connection lives, in each of a pool. In a transaction of the caller's; errors are
SQLAlchemy's, as of any statement.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_COPY: Final = "COPY blob (id, organization_id, content) FROM STDIN (FORMAT BINARY)"
# The server counts the time in which they come, too; ours is counted anew with all that moves
# (`common.deadlines`), for what is left of the transaction.
_NO_TIMEOUT: Final = sa.text("SET LOCAL statement_timeout = 0")


class Blob(NamedTuple):
    """One row."""

    id: UUID
    organization_id: UUID
    content: bytes


def write(connection: sa.Connection, blobs: Iterable[Blob]) -> None:
    """For threads."""
    connection.execute(_NO_TIMEOUT)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with _errors(), driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for blob in blobs:
            copy.write_row(blob)


async def write_async(connection: AsyncConnection, blobs: Iterable[Blob]) -> None:
    """For an event loop."""
    await connection.execute(_NO_TIMEOUT)
    pooled = await connection.get_raw_connection()
    driver = cast("psycopg.AsyncConnection[Any]", pooled.driver_connection)
    with _errors():
        async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for blob in blobs:
                await copy.write_row(blob)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        # Who is cancelled has closed the connection, and psycopg fails to end the COPY then.
        if isinstance(error.__context__, asyncio.CancelledError):
            raise error.__context__ from None
        made = sa.exc.DBAPIError.instance(_COPY, None, error, psycopg.Error, hide_parameters=True)
        raise cast("sa.exc.DBAPIError", made) from error
