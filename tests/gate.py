"""Holds transactions of the code under test back at one step, for as long as a test wants.

A trigger waits for an advisory lock that the test has. It lives in the test's own database.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

_HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
CREATE TRIGGER hold {when} EXECUTE FUNCTION hold();
"""
# This database's alone: all databases of a server share the list of locks.
_HELD = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Gate:
    """Closed until it is opened."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def pid(self) -> int:
        """Of the backend that keeps it closed."""
        return int(self._connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())

    def waiting(self) -> int:
        """How many transactions stand before it."""
        return int(self._connection.execute(sa.text(_HELD)).scalar_one())

    def open(self) -> None:
        self._connection.execute(sa.text("SELECT pg_advisory_unlock_all()"))


@contextmanager
def gate(engine: sa.Engine, when: str) -> Iterator[Gate]:
    """`when` as `CREATE TRIGGER` has it: `BEFORE UPDATE ON message FOR EACH ROW WHEN (...)`."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(7)"))
        connection.execute(sa.text(_HOLD.format(when=when)))
        closed = Gate(connection)
        try:
            yield closed
        finally:
            closed.open()
