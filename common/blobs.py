"""Bytes of files into the table `blob` and out of it. Large ones go in by COPY, and come in pieces.

As a parameter or in a row they would be copied twice more, and once of it into a buffer that libpq
keeps as long as the connection lives, in each of a pool; as a row in twice as many letters, too.
In a transaction of the caller's; errors are SQLAlchemy's, as of any statement.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import models

_SMALL_BYTES: Final = 1 << 18
"""Of all together: then an INSERT is faster by a round trip or two."""
_INSERT: Final = sa.insert(models.Blob)
_COPY: Final = "COPY blob (id, organization_id, content) FROM STDIN (FORMAT BINARY)"
# The server counts the time in which they come, too; ours is counted anew with all that moves
# (`common.deadlines`), for what is left of the transaction.
_NO_TIMEOUT: Final = sa.text("SET LOCAL statement_timeout = 0")

_TOGETHER_BYTES: Final = 1 << 16
"""Of each file of those that come in one statement."""
_PIECE_BYTES: Final = 1 << 20
_READ: Final = sa.text("""
SELECT id, content FROM blob
WHERE organization_id = :organization_id AND id = ANY (CAST(:ids AS uuid[]))
""")
_READ_PIECE: Final = sa.text("""
SELECT substring(content FROM :first FOR :count) FROM blob
WHERE organization_id = :organization_id AND id = :id
""")


class Blob(NamedTuple):
    """One row."""

    id: UUID
    organization_id: UUID
    content: bytes


def write(connection: sa.Connection, blobs: Sequence[Blob]) -> None:
    """One at least; for threads."""
    if _are_small(blobs):
        connection.execute(_INSERT, [one._asdict() for one in blobs])
    else:
        copy_in(connection, blobs)


async def write_async(connection: AsyncConnection, blobs: Sequence[Blob]) -> None:
    """One at least; for an event loop."""
    if _are_small(blobs):
        await connection.execute(_INSERT, [one._asdict() for one in blobs])
    else:
        await copy_in_async(connection, blobs)


def copy_in(connection: sa.Connection, blobs: Iterable[Blob]) -> None:
    """Whatever their size."""
    connection.execute(_NO_TIMEOUT)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        with _errors(), driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for blob in blobs:
                copy.write_row(blob)
    finally:
        if driver.closed:
            connection.invalidate()


async def copy_in_async(connection: AsyncConnection, blobs: Iterable[Blob]) -> None:
    """The same."""
    await connection.execute(_NO_TIMEOUT)
    pooled = await connection.get_raw_connection()
    driver = cast("psycopg.AsyncConnection[Any]", pooled.driver_connection)
    try:
        with _errors():
            async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
                for blob in blobs:
                    await copy.write_row(blob)
    finally:
        if driver.closed:
            await connection.invalidate()


def read(
    connection: sa.Connection, organization_id: UUID, sizes: Mapping[str, int]
) -> dict[str, bytes]:
    """By their ids, of which `sizes` says how long they are."""
    together = [one for one, size in sizes.items() if size <= _TOGETHER_BYTES]
    found: dict[str, bytes] = {}
    if together:
        values = {"organization_id": organization_id, "ids": together}
        found = {str(row.id): row.content for row in connection.execute(_READ, values)}
    for one, size in sizes.items():
        if size > _TOGETHER_BYTES:
            found[one] = read_range(connection, organization_id, one, 0, size)
    return found


def read_range(
    connection: sa.Connection, organization_id: UUID, blob_id: UUID | str, first: int, length: int
) -> bytes:
    """`length` bytes from `first` on, the first being 0."""
    values = {"organization_id": organization_id, "id": blob_id}
    end = first + length
    pieces: list[bytes] = [
        connection.execute(
            _READ_PIECE, values | {"first": at + 1, "count": min(_PIECE_BYTES, end - at)}
        ).scalar_one()
        for at in range(first, end, _PIECE_BYTES)
    ]
    return b"".join(pieces)


def _are_small(blobs: Sequence[Blob]) -> bool:
    return sum(len(one.content) for one in blobs) <= _SMALL_BYTES


@contextmanager
def _errors() -> Iterator[None]:
    """psycopg's as SQLAlchemy's; it does not see what is not its own statement."""
    try:
        yield
    except psycopg.Error as error:
        # Who is cancelled has closed the connection, and psycopg fails to end the COPY then.
        if isinstance(error.__context__, asyncio.CancelledError):
            raise error.__context__ from None
        made = sa.exc.DBAPIError.instance(_COPY, None, error, psycopg.Error, hide_parameters=True)
        raise cast("sa.exc.DBAPIError", made) from error
