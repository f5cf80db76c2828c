"""Indexes that are built beside the work."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from common.migrations import locks
from common.migrations.indexes import create_concurrently, drop_concurrently
from tests.integration.builders import message, tenant
from tests.tenants import rows

_INDEX = "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = to_regclass('ix_x')"


def migrate(engine: sa.Engine, upgrade: Callable[[], None]) -> str:
    """As `env.py` does it; what a statement after it waits for a lock."""
    options = {"options": locks.options(1.5)}
    hurried = sa.create_engine(engine.url, poolclass=sa.NullPool, connect_args=options)
    with hurried.connect() as connection:
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with Operations.context(context), context.begin_transaction(_per_migration=True):
            upgrade()
            patience: str = connection.execute(sa.text("SHOW lock_timeout")).scalar_one()
    return patience


def test_an_index_is_built_while_rows_are_written_and_taken_away_again(engine: sa.Engine) -> None:
    acme = tenant(engine)
    with engine.begin() as writer:
        writer.execute(sa.text("UPDATE inbox SET name = 'x'"))  # not yet committed
        patience = migrate(engine, lambda: create_concurrently("ix_x", "message (subject)"))
        message(engine, acme)

    assert patience == "1500ms"
    assert rows(engine, _INDEX) == [{"indisvalid": True, "indisunique": False}]
    migrate(engine, lambda: create_concurrently("ix_x", "message (subject)"))
    migrate(engine, lambda: drop_concurrently("ix_x"))
    migrate(engine, lambda: drop_concurrently("ix_x"))
    assert rows(engine, _INDEX) == []


def test_what_a_build_that_failed_has_left_is_built_anew(engine: sa.Engine) -> None:
    acme = tenant(engine)
    message(engine, acme)
    message(engine, acme)

    def build() -> None:
        create_concurrently("ix_x", "message (subject)", unique=True)

    with pytest.raises(sa.exc.IntegrityError):
        migrate(engine, build)
    assert rows(engine, _INDEX) == [{"indisvalid": False, "indisunique": True}]
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE message SET subject = id::text"))

    migrate(engine, build)

    assert rows(engine, _INDEX) == [{"indisvalid": True, "indisunique": True}]
