"""Indexes on tables that have rows: built while everybody works.

    def upgrade() -> None:
        create_concurrently("ix_message_color", "message (color) WHERE color IS NOT NULL")

A revision that does this does nothing else: what came before it in the revision is committed, and
done once more where the build is begun again. `deploy/local/hostile.py` says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

_INVALID = sa.text("""
SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid
""")


def create_concurrently(name: str, on: str, *, unique: bool = False) -> None:
    """`on`: what follows `ON` in `CREATE INDEX`. One that is there is left, but for one that a
    build which was cut off has left invalid: it costs every write, and nobody reads it.
    """
    with _beside_the_work():
        if not op.get_context().as_sql and _is_invalid(name):
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        kind = "UNIQUE INDEX" if unique else "INDEX"
        op.execute(f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON {on}")


def drop_concurrently(name: str) -> None:
    """Where it is there."""
    with _beside_the_work():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


@contextmanager
def _beside_the_work() -> Iterator[None]:
    """It waits for every transaction that is older, as long as it takes, and holds up nobody."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        yield
        op.execute("RESET lock_timeout")


def _is_invalid(name: str) -> bool:
    return op.get_bind().execute(_INVALID, {"name": name}).first() is not None
