"""Statements by psycopg alone, for the two that every message costs.

SQLAlchemy's part of one (a connection of the pool and back, greenlets, a result) takes four times
the CPU of psycopg's (tests/bench). Connections are made by the engine, so they have its options and
its deadlines, and are kept here: as many as there are callers at one time, which are few.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import deadlines
from common.db import OF_THE_API, RESTED_SECONDS

Fetch = Callable[[str, Mapping[str, Any]], Awaitable[list[tuple[Any, ...]]]]
"""All rows of one statement, as `spelled` has it; an error is one of SQLAlchemy's."""

_DIALECT: Final = sa.make_url("postgresql+psycopg://").get_dialect()()


def spelled(statement: str) -> str:
    """`:name` as psycopg has it."""
    return str(sa.text(statement).compile(dialect=_DIALECT))


class Direct:
    """Each statement is a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: list[tuple[float, deadlines.AsyncConnection]] = []

    async def fetch(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """See `Fetch`."""
        with _errors(statement):
            connection = await self._taken()
            try:
                rows = await _fetched(connection, statement, values)
            except BaseException:
                if connection.closed:
                    await self.close()  # what was lost by one is lost by all
                else:
                    self._give_back(connection)
                raise
            self._give_back(connection)
            return rows

    async def close(self) -> None:
        """Of what nobody uses."""
        while self._idle:
            await self._idle.pop()[1].close()

    async def _taken(self) -> deadlines.AsyncConnection:
        """One that was in use a moment ago is believed to be one, as by the pool."""
        while self._idle:
            used_at, connection = self._idle.pop()
            if time.monotonic() - used_at < RESTED_SECONDS or await self._answers(connection):
                return connection
        return await self._opened()

    async def _answers(self, connection: deadlines.AsyncConnection) -> bool:
        try:
            with deadlines.hurried(connection, OF_THE_API.ping):
                await connection.execute("")
        except psycopg.Error:
            await connection.close()
            await self.close()
            return False
        return True

    async def _opened(self) -> deadlines.AsyncConnection:
        pooled = await self._engine.raw_connection()
        connection = cast("deadlines.AsyncConnection", pooled.driver_connection)
        pooled.detach()
        await connection.set_autocommit(True)
        return connection

    def _give_back(self, connection: deadlines.AsyncConnection) -> None:
        self._idle.append((time.monotonic(), connection))


def within(connection: AsyncConnection) -> Fetch:
    """The same in a transaction of SQLAlchemy's."""

    async def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        pooled = await connection.get_raw_connection()
        driver = cast("deadlines.AsyncConnection", pooled.driver_connection)
        try:
            with _errors(statement):
                return await _fetched(driver, statement, values)
        finally:
            if driver.closed:
                await connection.invalidate()

    return fetch


async def _fetched(
    connection: deadlines.AsyncConnection, statement: str, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.encode(), values)
    return await cursor.fetchall()


@contextmanager
def _errors(statement: str) -> Iterator[None]:
    """psycopg's as SQLAlchemy's, which is what the rest of the API knows."""
    try:
        yield
    except psycopg.Error as error:
        # Who is cancelled has closed the connection, which psycopg may find out first.
        if isinstance(error.__context__, asyncio.CancelledError):
            raise error.__context__ from None
        made = sa.exc.DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True
        )
        raise cast("sa.exc.DBAPIError", made) from error
