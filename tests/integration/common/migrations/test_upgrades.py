"""An installation of each schema that was ever released, with rows in every table, and the newest
code on it; and the code of then on the newest schema.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from common import ids
from common.db import make_engine
from common.models import ApiKey
from common.settings import Settings, with_driver
from deploy.local import databases
from deploy.local.migrations import revisions
from services.api import keys
from services.sender.jobs import Jobs
from tests.conftest import REDIS, SERVER
from tests.integration.api.serving import served
from tests.integration.common.migrations.filler import (
    ROWS,
    Filled,
    fill,
    identity,
    keep,
    tables,
)
from tests.tenants import rows

CONFIG = Config(str(Path(__file__).parents[4] / "alembic.ini"))
RELEASED = [one.revision for one in revisions()]
CHANGED = {
    # A grace that had no end gets one; words are made anew, by the API's index.
    "0001": {("message", "due_at"), ("search", "document")},
    "0002": {("search", "document")},
    "0003": {("search", "document")},
}
"""What a migration from there may change of a row."""

CLAIMABLE = """
SELECT m.id FROM message m JOIN organization o ON o.id = m.organization_id
WHERE send_state = 'queued' AND due_at <= now() AND claims < 2 AND paused_at IS NULL
    AND (lease_until IS NULL OR lease_until < now())
"""


# A check that is NOT VALID is asked of new rows only; here of those of before.
UNCHECKED = """
SELECT conrelid::regclass::text AS owner, conname AS name FROM pg_constraint WHERE NOT convalidated
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Callable[[str], str]]:
    """The database of a released schema, without rows: made once, out of that of the one before."""
    with ExitStack() as made:

        @cache
        def of(revision: str) -> str:
            number = RELEASED.index(revision)
            before = databases.name_of(of(RELEASED[number - 1])) if number else "template1"
            url = made.enter_context(databases.temporary(os.environ[SERVER], before))
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DATABASE_URL", url)
                command.upgrade(CONFIG, revision)
            return url

        yield of


@pytest.fixture
def engine(
    installation: Callable[[str], str], released: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sa.Engine]:
    """An installation of the released schema, where Alembic looks for one."""
    template = databases.name_of(installation(released))
    with databases.temporary(os.environ[SERVER], template) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        engine = make_engine(
            Settings(database_url=with_driver(url), redis_url=os.environ[REDIS]), pool_size=3
        )
        yield engine
        engine.dispose()


def filled(engine: sa.Engine) -> Filled:
    """Every table, and one message that waits for its turn."""
    waits = "send_state = 'queued', due_at = now() - interval '1 hour'"
    with engine.begin() as connection:
        written = fill(connection)
        update = sa.text(f"UPDATE message SET {waits} WHERE id = :id")
        connection.execute(update, {"id": identity("message", 0)})
    return written


def assert_valid(engine: sa.Engine) -> None:
    """Every old row keeps every rule, and no index is half built."""
    for one in rows(engine, UNCHECKED):
        with engine.begin() as connection:
            connection.execute(
                sa.text(f"ALTER TABLE {one['owner']} VALIDATE CONSTRAINT {one['name']}")
            )
    assert rows(engine, "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid") == []


def lists_its_messages(engine: sa.Engine, number: int) -> list[dict[str, object]]:
    """As the API shows those of one inbox to its owner."""
    key = keys.make(identity("organization", number), "key")
    with engine.begin() as connection:
        connection.execute(sa.insert(ApiKey).values(**key.row))
        connection.execute(sa.text("UPDATE inbox SET deleted_at = NULL"))
    settings = Settings(
        database_url=engine.url.render_as_string(hide_password=False),
        redis_url=os.environ[REDIS],
        secret_keys="test:bm8gc2VjcmV0OiBvZiBsb2NhbCBtb2RlIGFsb25lICE=",
    )
    inbox = ids.encode(ids.INBOX, identity("inbox", number))
    with served(settings) as url:
        asked = httpx.get(
            f"{url}/v1/inboxes/{inbox}/messages",
            headers={"authorization": f"Bearer {key.text}"},
            timeout=30,
        )
    found: list[dict[str, object]] = asked.raise_for_status().json()
    return found


# SQLAlchemy 2.1 does not understand its own answer about a check that is NOT VALID.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
@pytest.mark.parametrize("released", RELEASED)
def test_what_a_released_schema_holds_and_what_its_code_writes_is_of_use_after_the_upgrade(
    engine: sa.Engine, released: str
) -> None:
    with engine.connect() as connection:
        of_then = tables(connection)
    written = filled(engine)
    with engine.connect() as connection:
        before = keep(connection)
    assert len(before.rows) == ROWS * len(written)

    command.upgrade(CONFIG, "head")

    with engine.connect() as connection:
        assert set(before.changes(keep(connection))) <= CHANGED.get(released, set())
    command.check(CONFIG)
    assert_valid(engine)
    claimable = {row["id"] for row in rows(engine, CLAIMABLE)}
    claimed = Jobs(engine, 60, "email.amazonses.com").claim(ROWS)
    assert identity("message", 0) in claimable
    assert {one.id for one in claimed} == claimable
    (shown,) = lists_its_messages(engine, 1)
    assert shown["subject"] == written["message"][1]["subject"]
    assert_takes(engine, of_then, written)


def assert_takes(engine: sa.Engine, of_then: list[sa.Table], written: Filled) -> None:
    """Each row that was allowed then, by the columns of then; what is new may be left out."""
    with engine.begin() as connection:
        names = ", ".join(f'"{name}"' for name in written)
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
        for table in of_then:
            for row in written[table.name]:
                connection.execute(sa.insert(table).values(row))
        for table in of_then:
            chosen = sa.select(sa.func.count()).select_from(table)
            assert connection.execute(chosen).scalar_one() == ROWS
            connection.execute(sa.select(table)).all()  # and it reads what it knows
