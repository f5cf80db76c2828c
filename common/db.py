"""Engines, and how a set of rows becomes one statement."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.elements import TextClause
from sqlmodel import SQLModel

from common.settings import Settings

# A database that is away must be noticed soon, and a statement that hangs must end: both leave
# the request or the lease time to say so.
_CONNECT_ARGS: Final = {
    "connect_timeout": 5,
    "application_name": "postroom",
    "options": "-c statement_timeout=30000 -c timezone=UTC",
}

_RESTED_SECONDS: Final = 1.0

Rows = Iterable[Mapping[str, Any]]


def make_engine(settings: Settings, pool_size: int = 5) -> sa.Engine:
    """For the workers, whose threads call boto3."""
    return sa.create_engine(
        settings.database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's words must not carry mail into a log
        connect_args=_CONNECT_ARGS,
    )


def make_async_engine(settings: Settings, pool_size: int = 10) -> AsyncEngine:
    """For the API's one event loop."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # an error's words must not carry mail into a log
        connect_args=_CONNECT_ARGS,
    )
    _ping_what_has_rested(engine.sync_engine)
    return engine


def _ping_what_has_rested(engine: sa.Engine) -> None:
    """As `pool_pre_ping`, but not for a connection that was in use a moment ago: a ping is three
    round trips, more than most of what the API asks. Where the database has gone away meanwhile,
    one statement fails, and takes all connections out of the pool with it.
    """

    @sa.event.listens_for(engine, "checkin")
    def remember(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: Any) -> None:
        if time.monotonic() - record.info.get("used_at", 0.0) < _RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sa.exc.InvalidatePoolError from error


def as_json(rows: Rows) -> str:
    """Rows as the one parameter of a set statement. Column names are the keys."""
    return orjson.dumps(list(rows)).decode()


def insert_set(table: type[SQLModel], columns: Iterable[str], source: str = "") -> TextClause:
    """`INSERT` of all rows of the parameter `rows` (by `as_json`) at once.

    One JSON parameter read by the table's own row type: as fast as `unnest` over an array for
    each column, and no list of casts to keep in step with the schema. `source` replaces the
    rows' origin where only some of them may be written.
    """
    names = ", ".join(columns)
    origin = source or f"SELECT {names} FROM {recordset(table)}"
    return sa.text(f"INSERT INTO {table.__tablename__} ({names}) {origin}")


def recordset(table: type[SQLModel], parameter: str = "rows") -> str:
    """The rows of a JSON parameter, typed as rows of the table."""
    name = table.__tablename__
    return f"json_populate_recordset(NULL::{name}, CAST(:{parameter} AS json))"


def identifiers(ids: Iterable[UUID]) -> list[str]:
    """A list of ids as psycopg passes it to `= ANY(CAST(:ids AS uuid[]))`."""
    return [str(one) for one in ids]
