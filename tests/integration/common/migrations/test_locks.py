"""Migrations beside a product that runs, and beside each other: real processes of Alembic."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from common.migrations import locks
from common.settings import with_driver
from deploy.local import databases
from deploy.local.migrations import revisions
from tests.conftest import SERVER
from tests.tenants import WAITING, rows
from tests.waiting import eventually

ROOT = Path(__file__).parents[4]
CONFIG = Config(str(ROOT / "alembic.ini"))
HEAD = revisions()[-1].revision


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A database that no migration has seen, where Alembic looks for one."""
    with databases.temporary(os.environ[SERVER]) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        engine = sa.create_engine(with_driver(url))
        yield engine
        engine.dispose()


@contextmanager
def alembic(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """One that runs, killed at the end."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "alembic", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(migrator: "subprocess.Popen[str]") -> str:
    """The next line."""
    assert migrator.stderr is not None
    return migrator.stderr.readline()


def revision_of(engine: sa.Engine) -> str:
    (row,) = rows(engine, "SELECT version_num FROM alembic_version")
    return str(row["version_num"])


def test_two_migrators_at_once_are_as_good_as_one(empty: sa.Engine) -> None:
    with alembic("upgrade", "head") as one, alembic("upgrade", "head") as other:
        ends = [(one.communicate()[1], one.returncode), (other.communicate()[1], other.returncode)]

    assert [code for _, code in ends] == [0, 0], ends
    assert revision_of(empty) == HEAD


def test_who_waits_for_another_migrator_says_so_and_holds_no_snapshot(
    empty: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the first could build no index concurrently: it would wait for the second."""

    def second() -> None:
        with empty.connect() as connection, locks.one_at_a_time(connection):
            assert not connection.in_transaction()

    with ThreadPoolExecutor(1) as other, empty.connect() as connection:
        with locks.one_at_a_time(connection):
            waiting = other.submit(second)
            eventually(lambda: "under way" in capsys.readouterr().err)
            assert rows(empty, WAITING) == []
            assert not waiting.done()
        waiting.result(10)


def test_one_that_does_not_get_its_lock_lets_the_traffic_through_and_comes_again(
    empty: sa.Engine,
) -> None:
    command.upgrade(CONFIG, "0001")
    with empty.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM message"))  # a long transaction of somebody's
        with alembic("-x", "lock_seconds=0.5", "upgrade", "head") as migrator:
            assert "again in" in said(migrator)

            # What came behind it waited with it, and does so no more.
            with empty.begin() as traffic:
                traffic.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
                traffic.execute(sa.text("SELECT count(*) FROM message"))
            assert revision_of(empty) == "0001"
            reader.rollback()
            assert migrator.wait(60) == 0

    assert revision_of(empty) == HEAD


def test_one_that_never_gets_its_lock_gives_up_and_leaves_nothing_behind(
    empty: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    command.upgrade(CONFIG, "0001")
    hurried = Config(CONFIG.config_file_name, cmd_opts=Namespace(x=["lock_seconds=0.05"]))
    with empty.connect() as reader:
        reader.execute(sa.text("SELECT count(*) FROM recipient"))
        with pytest.raises(sa.exc.OperationalError, match="LockNotAvailable"):
            command.upgrade(hurried, "head")

    assert capsys.readouterr().err.count("again in") == len(locks.PAUSES)
    assert "claims" not in {one["name"] for one in sa.inspect(empty).get_columns("message")}
    command.upgrade(CONFIG, "head")
    assert revision_of(empty) == HEAD
