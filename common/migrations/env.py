"""Alembic's door: one engine from `DATABASE_URL`, one transaction for all that is to be done."""

import os

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

import common.models  # noqa: F401 - fills the metadata
from common.settings import with_driver


def migrate() -> None:
    """Only `DATABASE_URL` is needed, so that a migration job needs no other setting."""
    engine = sa.create_engine(with_driver(os.environ["DATABASE_URL"]), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            compare_type=True,
            # The one index that depends on what the server has; see the first migration.
            include_name=lambda name, kind, _: (kind, name) != ("index", "ix_search_document"),
        )
        with context.begin_transaction():
            context.run_migrations()


migrate()
