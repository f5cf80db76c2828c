"""Engines, and how a set of rows becomes one statement."""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.types.array import ListBinaryDumper
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.elements import TextClause
from sqlmodel import SQLModel

from common import deadlines
from common.pool import AsyncCountedPool, CountedPool
from common.settings import Settings

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one statement, and the way to it, may take, in seconds.

    The server ends a statement after `statement`, and the client one that the server does not
    answer after `answer` (`common.deadlines`): the later, so that a server that lives says itself
    what became of it. `connect` is for each address of the host.
    """

    connect: int
    statement: float
    answer: float
    pool: float
    """For a connection of the pool to be free."""
    ping: float = 2

    def arguments(self) -> dict[str, Any]:
        """What a connection begins with."""
        options = {
            "timezone": "UTC",
            "statement_timeout": f"{self.statement * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS * 1000}",
            "client_connection_check_interval": "1000",
            # A set is guessed at a hundred rows for each of its JSON parameters; compiling a plan
            # for so many takes longer than running it for the few that there are.
            "jit": "off",
            # Of disks that turn, 4: then a set of rows is looked for by reading their whole table.
            "random_page_cost": "1.1",
        }
        return {
            "connect_timeout": self.connect,
            "application_name": "postroom",
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        }


# A lease is 60 s: a statement that hangs leaves the time to say so.
OF_WORKERS: Final = Patience(connect=5, statement=30, answer=35, pool=30)
# A request that meets a database which has just stopped to answer is told so within 10 s, the next
# one after a ping and an attempt to connect.
OF_THE_API: Final = Patience(connect=3, statement=7, answer=8, pool=4)

_IDLE_SECONDS: Final = 30
"""A transaction whose client is silent, perhaps cut off without a word, keeps its locks no longer.
Ours wait for nobody in between; the longest makes the words of 200 messages (the API's index).
"""
RESTED_SECONDS: Final = 1.0
"""A connection that was in use so lately is believed to be one."""


def make_engine(
    settings: Settings, pool_size: int = 5, patience: Patience = OF_WORKERS
) -> sa.Engine:
    """For the workers, whose threads call boto3."""
    engine = sa.create_engine(
        settings.database_url,
        poolclass=CountedPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=patience.pool,
        hide_parameters=True,  # an error's words must not carry mail into a log
        json_deserializer=orjson.loads,
        connect_args=patience.arguments(),
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, args: list[Any], kwargs: dict[str, Any]) -> deadlines.Connection:
        connection = deadlines.Connection.connect(*args, **kwargs)
        connection.patience = patience.answer
        return connection

    _ping_what_has_rested(engine, patience.ping, rested_seconds=0.0)
    return engine


def make_async_engine(
    settings: Settings, pool_size: int = 10, patience: Patience = OF_THE_API
) -> AsyncEngine:
    """For the API's one event loop."""

    async def connect(*args: Any, **kwargs: Any) -> deadlines.AsyncConnection:
        connection = await deadlines.AsyncConnection.connect(*args, **kwargs)
        connection.patience = patience.answer
        return connection

    engine = create_async_engine(
        settings.database_url,
        poolclass=AsyncCountedPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=patience.pool,
        hide_parameters=True,  # an error's words must not carry mail into a log
        json_deserializer=orjson.loads,
        connect_args={**patience.arguments(), "async_creator_fn": connect},
    )
    _ping_what_has_rested(engine.sync_engine, patience.ping, RESTED_SECONDS)
    return engine


def _ping_what_has_rested(engine: sa.Engine, patience: float, rested_seconds: float) -> None:
    """As `pool_pre_ping`, but soon at its end where nobody answers; and not for a connection that
    was in use a moment ago: a ping costs as much as most of what the API asks. Where the database
    has gone away in that moment, one statement fails, and takes all connections out of the pool
    with it.
    """

    @sa.event.listens_for(engine, "connect")
    def trust(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = math.inf

    @sa.event.listens_for(engine, "checkin")
    def remember(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: Any) -> None:
        if time.monotonic() - record.info["used_at"] < rested_seconds:
            return
        try:
            with deadlines.hurried(engine.dialect.get_driver_connection(connection), patience):
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


class Texts(list[str]):
    """What psycopg passes to `CAST(:texts AS text[])` in binary: long texts, beside the JSON of
    their rows, where Postgres would read them twice, and JSON be half escapes."""


psycopg.adapters.register_dumper(Texts, ListBinaryDumper)


def identifiers(ids: Iterable[UUID]) -> list[str]:
    """A list of ids as psycopg passes it to `= ANY(CAST(:ids AS uuid[]))`."""
    return [str(one) for one in ids]


# SQLSTATE classes that speak of what was written, not of the database: cardinality, data,
# constraints, limits of a value (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_OF_THE_ROWS: Final = ("21", "22", "23", "54")


def lies_in_the_rows(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether the same rows will never be taken; else the fault is the database's, or on the way to
    it, and they will be fine later.
    """
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return state[:2] in _OF_THE_ROWS
