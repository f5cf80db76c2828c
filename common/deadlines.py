"""An end for every wait for Postgres, set by the one who waits.

A server that is stopped, or behind a network that swallows bytes, never answers and never hangs up:
TCP alone notices after hours, and `statement_timeout` is the server's own clock. So each connection
here counts how long its socket has been silent. Past its `patience` it is closed, which SQLAlchemy
takes for what it is, a lost connection, and the caller gets a psycopg.OperationalError. Whether the
statement was done is then not known: that is the caller's to tell.

Counted are the ticks at which psycopg reports that nothing came, not seconds of a clock: a process
that was itself held up for a minute has waited one tick. Bytes that move begin the count anew, so a
message of 40 MB on a slow line has the time that it needs.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import waiting
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

TICK_SECONDS: Final = 0.1
"""How often psycopg wakes up while it waits; its own default."""

_FOR_EVER: Final = float("inf")


class Connection(psycopg.Connection[Any]):
    """For threads. `patience`: seconds of silence that a statement may take."""

    patience: float = _FOR_EVER

    def wait(
        self, gen: PQGen[RV], interval: float = TICK_SECONDS, timeout: float | None = None
    ) -> RV:
        """As psycopg's, for everything that is asked of the server once it is connected."""
        return super().wait(_watched(self, gen, interval), interval, timeout)


class AsyncConnection(psycopg.AsyncConnection[Any]):
    """For an event loop. `patience`: seconds of silence that a statement may take."""

    patience: float = _FOR_EVER

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = TICK_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's own
    ) -> RV:
        """As psycopg's, but who is cancelled goes at once. psycopg would ask the server to cancel
        and wait for its answer, ten seconds of a stopped one; ours hears of a client that has gone
        by `client_connection_check_interval`.
        """
        watched = _watched(self, gen, interval)
        try:
            return await waiting.wait_async(watched, self.pgconn.socket, interval, timeout)
        except asyncio.CancelledError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def _watched(
    connection: Connection | AsyncConnection, gen: PQGen[RV], interval: float
) -> PQGen[RV]:
    """The same steps, up to the tick at which the silence has been too long."""
    silent = 0
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            silent = 0 if ready else silent + 1
            if silent and silent * interval >= connection.patience:
                connection.pgconn.finish()
                raise psycopg.OperationalError(
                    f"no answer from the server for {connection.patience:g} s"
                )
            wanted = gen.send(ready)
    except StopIteration as done:
        answer: RV = done.value
        return answer


@contextmanager
def hurried(connection: Connection | AsyncConnection, seconds: float) -> Iterator[None]:
    """For a question that is answered at once or not at all."""
    usual = connection.patience
    connection.patience = min(usual, seconds)
    try:
        yield
    finally:
        connection.patience = usual
