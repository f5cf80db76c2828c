"""Alembic's door: one connection from `DATABASE_URL`, one transaction for each revision.

Code of before a migration and code of after it run on what it leaves, so it goes first, while
everybody works: docs/operations.md.
"""

import os
from functools import partial

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import common.models  # noqa: F401 - fills the metadata
from common.migrations import locks
from common.settings import with_driver


def migrate() -> None:
    """Only `DATABASE_URL` is needed, so that a migration job needs no other setting."""
    asked = context.get_x_argument(as_dictionary=True)
    lock_seconds = float(asked.get("lock_seconds", locks.LOCK_SECONDS))
    engine = sa.create_engine(
        with_driver(os.environ["DATABASE_URL"]),
        poolclass=sa.NullPool,
        connect_args={"options": locks.options(lock_seconds)},
    )
    with engine.connect() as connection, locks.one_at_a_time(connection):
        locks.patiently(connection, partial(_run, connection), lock_seconds)


def _run(connection: sa.Connection) -> None:
    """From where the database is: what is done is not done again."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        transaction_per_migration=True,
        # The one index that depends on what the server has; see the first migration.
        include_name=lambda name, kind, _: (kind, name) != ("index", "ix_search_document"),
    )
    with context.begin_transaction():
        context.run_migrations()


migrate()
