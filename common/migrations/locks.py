"""How a migration waits: for other migrators one way, for the product's own locks another.

One migrator works at a time (`one_at_a_time`); any number may be started at once. A statement that
waits for a table's lock makes all that comes after it wait too, reads as well, so it waits for a
moment only, gives up, lets the traffic through, and comes again (`patiently`). What is repeated is
a whole revision, which is a transaction: a failed statement takes all of it back.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

LOCK_SECONDS: Final = 3.0
"""For a table's lock; `alembic -x lock_seconds=10 upgrade head` says otherwise."""
PAUSES: Final = (1, 2, 4, 8, 8)
"""Between the tries, in units of what each has waited: about a minute and a half in all."""

KEY: Final = 0x706F7374726F6F6D  # "postroom"; a lock of this database alone
_LOOK_SECONDS: Final = 0.2
_NOT_AVAILABLE: Final = "55P03"  # lock_not_available


@contextmanager
def one_at_a_time(connection: sa.Connection) -> Iterator[None]:
    """Asked for again and again, not waited for inside of a statement: that would hold a snapshot,
    which `CREATE INDEX CONCURRENTLY` of the other migrator waits for in its turn.

    The lock is the session's: it ends with the process, and needs a connection that is not pooled
    by transaction.
    """
    told = False
    while not _commit_of(connection, "SELECT pg_try_advisory_lock(:key)"):
        if not told:
            _say("Another migration of this database is under way; waiting for its end.")
            told = True
        time.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            _commit_of(connection, "SELECT pg_advisory_unlock(:key)")


def options(lock_seconds: float) -> str:
    """What a migration's connection begins with, and `RESET lock_timeout` goes back to."""
    return f"-c lock_timeout={lock_seconds * 1000:.0f}"


def patiently(connection: sa.Connection, migrate: Callable[[], None], lock_seconds: float) -> None:
    """Call `migrate` until it gets its locks; at last its error stands."""
    for pause in PAUSES:
        try:
            return migrate()
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _NOT_AVAILABLE:
                raise
        connection.rollback()
        seconds = pause * lock_seconds
        _say(f"A lock was not to be had in {lock_seconds:g} s; again in {seconds:g} s.")
        time.sleep(seconds)
    return migrate()


def _commit_of(connection: sa.Connection, query: str) -> bool:
    """The answer to it, without leaving a transaction open."""
    found: bool = connection.execute(sa.text(query), {"key": KEY}).scalar_one()
    connection.commit()
    return found


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
