"""Statements by psycopg alone: kept connections, and errors that the rest of the API knows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
import sqlalchemy as sa

from common.db import make_async_engine
from common.settings import Settings
from services.api import direct
from services.api.direct import Direct, spelled, within
from services.api.problems import is_unavailable

T = TypeVar("T")
WHO = spelled("SELECT pg_backend_pid(), CAST(:word AS text)")
BROKEN = spelled("SELECT 1 / :number")
SET_UNTIL_COMMIT = spelled("SELECT set_config('postroom.word', 'here', true)")
SETTING = sa.text("SELECT coalesce(current_setting('postroom.word', true), '')")
END = sa.text("SELECT pg_terminate_backend(:pid, 5000)")


def used(settings: Settings, use: Callable[[Direct], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = make_async_engine(settings)
        one = Direct(engine)
        try:
            return await use(one)
        finally:
            await one.close()
            await engine.dispose()

    return asyncio.run(run())


async def who(one: Direct) -> int:
    """Which of the server's processes answers."""
    [(pid, word)] = await one.fetch(WHO, {"word": "50 % é"})
    assert word == "50 % é"
    return int(pid)


def test_a_connection_is_kept_and_two_at_one_time_have_their_own(settings: Settings) -> None:
    async def use(one: Direct) -> tuple[int, int, set[int]]:
        return await who(one), await who(one), set(await asyncio.gather(who(one), who(one)))

    first, second, at_once = used(settings, use)

    assert first == second
    assert len(at_once) == 2


def test_what_the_database_refuses_costs_no_connection(settings: Settings) -> None:
    async def use(one: Direct) -> tuple[int, int]:
        before = await who(one)
        with pytest.raises(sa.exc.DataError):
            await one.fetch(BROKEN, {"number": 0})
        return before, await who(one)

    before, after = used(settings, use)

    assert before == after


def test_what_was_lost_is_told_once_and_all_are_made_anew(
    settings: Settings, engine: sa.Engine
) -> None:
    async def use(one: Direct) -> set[int]:
        lost = set(await asyncio.gather(who(one), who(one)))
        end(engine, lost)
        with pytest.raises(sa.exc.OperationalError) as error:
            await who(one)
        assert is_unavailable(error.value)
        return lost & set(await asyncio.gather(who(one), who(one)))

    assert not used(settings, use)


def test_what_has_rested_is_asked_whether_it_is_there(
    settings: Settings, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "RESTED_SECONDS", 0)

    async def use(one: Direct) -> tuple[int, int, int]:
        first, again = await who(one), await who(one)
        end(engine, {first})
        return first, again, await who(one)

    first, again, after = used(settings, use)

    assert first == again != after


def test_within_a_transaction_it_is_a_part_of_it(settings: Settings) -> None:
    async def run() -> list[str]:
        engine = make_async_engine(settings)
        async with engine.connect() as connection:
            await within(connection)(SET_UNTIL_COMMIT, {})
            during = await connection.scalar(SETTING)
            await connection.rollback()
            after = await connection.scalar(SETTING)
        await engine.dispose()
        return [during, after]

    assert asyncio.run(run()) == ["here", ""]


def end(engine: sa.Engine, pids: set[int]) -> None:
    with engine.connect() as connection:
        for pid in pids:
            assert connection.execute(END, {"pid": pid}).scalar_one()
