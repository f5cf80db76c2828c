"""A server that says nothing: every wait for it ends, and afterwards everything works again."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.db import OF_THE_API, make_async_engine, make_engine
from common.settings import Settings
from tests.faults.proxy import Proxy, by, line_to
from tests.waiting import eventually

SHORT = replace(OF_THE_API, connect=2, answer=0.4, pool=1, ping=0.2)
TOO_LONG = r"no answer from the server for 0\.4 s"
ONE = sa.text("SELECT 1")
SLEEPING = sa.text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(20)%'
        AND pid <> pg_backend_pid()
""")


@pytest.fixture
def line(settings: Settings) -> Iterator[Proxy]:
    with line_to(settings.database_url) as line:
        yield line


@pytest.fixture
def far(settings: Settings, line: Proxy) -> Settings:
    """The same database, at the other end of the line."""
    return settings.model_copy(update={"database_url": by(settings.database_url, line)})


@pytest.mark.parametrize("step", ["statement", "commit", "rollback"])
def test_a_thread_that_gets_no_answer_goes_on(far: Settings, line: Proxy, step: str) -> None:
    engine = make_engine(far, patience=SHORT)
    connection = engine.connect()
    connection.execute(ONE)
    line.trouble(half_open=True)

    ask = {"commit": connection.commit, "rollback": connection.rollback}
    with pytest.raises(sa.exc.OperationalError, match=TOO_LONG) as error:
        ask.get(step, lambda: connection.execute(ONE))()
    connection.close()
    line.trouble()

    assert error.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.execute(ONE).scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("step", ["statement", "commit", "rollback"])
def test_a_task_that_gets_no_answer_goes_on(far: Settings, line: Proxy, step: str) -> None:
    async def run() -> sa.exc.OperationalError:
        engine = make_async_engine(far, patience=SHORT)
        connection = await engine.connect()
        await connection.execute(ONE)
        line.trouble(half_open=True)
        ask = {"commit": connection.commit, "rollback": connection.rollback}
        with pytest.raises(sa.exc.OperationalError, match=TOO_LONG) as error:
            await ask.get(step, lambda: connection.execute(ONE))()
        await connection.close()
        line.trouble()
        async with engine.connect() as connection:
            assert (await connection.execute(ONE)).scalar_one() == 1
        await engine.dispose()
        return error.value

    assert asyncio.run(run()).connection_invalidated


def test_a_rested_connection_is_not_believed_to_be_one(far: Settings, line: Proxy) -> None:
    engine = make_engine(far)
    with engine.connect() as connection:
        connection.execute(ONE)
    line.reset()

    with engine.begin() as connection:
        assert connection.execute(ONE).scalar_one() == 1
    engine.dispose()


def test_a_ping_that_gets_no_answer_ends_sooner_and_so_does_an_attempt_to_connect(
    far: Settings, line: Proxy
) -> None:
    engine = make_engine(far, patience=replace(SHORT, answer=120))
    with engine.connect() as connection:
        connection.execute(ONE)
    line.trouble(half_open=True)

    with pytest.raises(sa.exc.OperationalError, match="connection timeout"):
        engine.connect()

    engine.dispose()


def test_who_is_cancelled_goes_at_once_and_so_does_what_the_server_does_for_him(
    far: Settings, line: Proxy, engine: sa.Engine
) -> None:
    async def run() -> None:
        database = make_async_engine(far)
        connection = await database.connect()
        asked = asyncio.create_task(connection.execute(sa.text("SELECT pg_sleep(20)")))
        await asyncio.to_thread(eventually, lambda: sleeping(engine))
        line.trouble(half_open=True)
        asked.cancel()
        done, _ = await asyncio.wait([asked], timeout=8)  # psycopg by itself takes ten
        assert done
        assert asked.cancelled()
        await connection.close()
        await database.dispose()

    asyncio.run(run())
    eventually(lambda: not sleeping(engine), what="the server hears of it")


def sleeping(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(SLEEPING).scalar_one()
        return found


def test_an_answer_that_keeps_coming_may_take_longer(far: Settings) -> None:
    engine = make_engine(far, patience=SHORT)
    slow = sa.text("SELECT repeat('x', 20000), pg_sleep(0.1) FROM generate_series(1, 8)")

    with engine.connect() as connection:
        assert len(connection.execute(slow).all()) == 8

    engine.dispose()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "7s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("client_connection_check_interval", "1s"),
        ("timezone", "UTC"),
    ],
)
def test_a_connection_begins_with_its_limits(settings: Settings, name: str, value: str) -> None:
    engine = make_engine(settings, patience=OF_THE_API)
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SHOW {name}")).scalar_one() == value
    engine.dispose()
