"""Migrations that running code cannot live with are found by their SQL."""

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.script import Script

from common.migrations.indexes import create_concurrently
from deploy.local import hostile, migrations

ALTER = "ALTER TABLE message "


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("DROP TABLE message", "DROP TABLE"),
        (ALTER + "DROP COLUMN subject", "DROP COLUMN"),
        (ALTER + "DROP subject", "DROP COLUMN"),
        (ALTER + "RENAME subject TO title", "RENAME"),
        ("ALTER TABLE message RENAME TO mail", "RENAME"),
        (ALTER + "ALTER COLUMN attempts TYPE BIGINT", "ALTER TYPE"),
        (ALTER + "ALTER COLUMN text SET NOT NULL", "SET NOT NULL"),
        (ALTER + "ADD COLUMN color VARCHAR NOT NULL", "ADD COLUMN without a default"),
        (ALTER + "ADD COLUMN at TIMESTAMP DEFAULT clock_timestamp() NOT NULL", "computed default"),
        (ALTER + "ADD CONSTRAINT c CHECK (attempts > 0)", "ADD CONSTRAINT"),
        (ALTER + "ADD CONSTRAINT f FOREIGN KEY(a_id) REFERENCES a (id)", "ADD CONSTRAINT"),
        ("CREATE INDEX i ON message (subject)", "CREATE INDEX"),
        ("CREATE UNIQUE INDEX i ON message USING gin (labels)", "CREATE INDEX"),
        ("UPDATE message SET subject = ''", "UPDATE"),
        ("DELETE FROM message", "UPDATE"),
    ],
)
def test_it_is_hostile_to_a_table_that_has_rows_and_not_to_a_new_one(
    statement: str, rule: str
) -> None:
    (found,) = hostile.findings("9999", [statement])

    assert f": {rule}" in found or rule in found
    assert " on message: " in found
    assert list(hostile.findings("9999", ["CREATE TABLE message (id UUID)", statement])) == []


@pytest.mark.parametrize(
    "statement",
    [
        ALTER + "ADD COLUMN color VARCHAR",
        ALTER + "ADD COLUMN color VARCHAR DEFAULT 'red' NOT NULL",
        ALTER + "ALTER COLUMN color DROP NOT NULL",
        ALTER + "DROP CONSTRAINT ck_message_status",
        ALTER + "ADD CONSTRAINT c CHECK (attempts > 0) NOT VALID",
        ALTER + "VALIDATE CONSTRAINT c",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON message (subject)",
        "CREATE TABLE color (id UUID NOT NULL)",
        "INSERT INTO checkpoint VALUES ('x', now())",
        "SET LOCAL lock_timeout = '5s'",
    ],
)
def test_it_is_not_hostile(statement: str) -> None:
    assert list(hostile.findings("9999", [statement])) == []


def test_what_is_built_concurrently_is_alone_in_its_revision() -> None:
    both = [ALTER + "ADD COLUMN color VARCHAR", "CREATE INDEX CONCURRENTLY i ON message (color)"]

    (found,) = hostile.findings("9999", both)

    assert hostile.MIXED in found


def test_a_revision_is_read_as_the_sql_that_it_runs() -> None:
    def upgrade() -> None:
        op.add_column("message", sa.Column("color", sa.String(), nullable=False))
        create_concurrently("ix_message_color", "message (color)")

    first = migrations.revisions()[0]
    module = type("module", (), {"revision": "9999", "down_revision": None, "upgrade": upgrade})
    read = migrations.statements(Script(module, "9999", first.path))  # type: ignore[arg-type]

    assert [one for one in read if "color" in one] == [
        "ALTER TABLE message ADD COLUMN color VARCHAR NOT NULL;",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_message_color ON message (color);",
    ]
    assert len(list(hostile.findings("9999", read))) == 2


def test_no_migration_of_ours_is_hostile() -> None:
    assert list(migrations.hostile_ones()) == []
