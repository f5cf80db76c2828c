"""What has arrived: nothing is missed, whatever its id and whenever its transaction ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import ids
from common.db import make_async_engine
from common.models import Event, Message
from common.settings import Settings
from services.api.arrivals import PAGE, Arrival, Search, Wanted
from tests.integration.api.arriving import Arriving

Scenario = Callable[[AsyncConnection], Awaitable[None]]


def play(settings: Settings, scenario: Scenario) -> None:
    async def run() -> None:
        engine = make_async_engine(settings).execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await scenario(connection)
        await engine.dispose()

    asyncio.run(run())


def search(arrive: Arriving, **wanted: Any) -> Search:
    inbox_id = ids.decode(ids.INBOX, arrive.box.id)
    return Search(Wanted(arrive.organization_id, inbox_id, **wanted))


def uuid(message_id: str) -> UUID:
    return ids.decode(ids.MESSAGE, message_id)


async def found(looking: Search, connection: AsyncConnection) -> str | None:
    """Settled or not: transactions of other tests run in the same server."""
    arrival = await looking.look(connection)
    return ids.encode(ids.MESSAGE, arrival.message_id) if arrival else None


def test_what_was_begun_before_and_is_there_after_is_new(
    settings: Settings, arrive: Arriving
) -> None:
    """Its id is older than the search, and than what had arrived by then."""

    async def scenario(connection: AsyncConnection) -> None:
        looking = search(arrive)
        with arrive.transaction() as under_way:
            late = arrive.store(under_way)
            arrive()
            await looking.begin(connection)
            assert await found(looking, connection) is None

        assert await found(looking, connection) == late

    play(settings, scenario)


def test_what_was_there_stays_old_when_it_is_changed(
    settings: Settings, arrive: Arriving, engine: sa.Engine
) -> None:
    async def scenario(connection: AsyncConnection) -> None:
        arrive()
        looking = search(arrive)
        await looking.begin(connection)
        with engine.begin() as other:
            other.execute(sa.update(Message).values(labels=["read"]))

        assert await found(looking, connection) is None

    play(settings, scenario)


def test_each_look_goes_on_where_the_last_one_ended(settings: Settings, arrive: Arriving) -> None:
    async def scenario(connection: AsyncConnection) -> None:
        looking = search(arrive, subject="code")
        await looking.begin(connection)
        with arrive.transaction() as under_way:
            late = arrive.store(under_way)
            for _ in range(3):
                arrive(subject="News")
                assert await found(looking, connection) is None

        assert await found(looking, connection) == late

    play(settings, scenario)


def test_what_may_not_be_the_first_is_not_settled(settings: Settings, arrive: Arriving) -> None:
    """Whoever goes on behind it would miss what an older transaction brings."""

    async def scenario(connection: AsyncConnection) -> None:
        looking = search(arrive)
        await looking.begin(connection)
        with arrive.transaction() as under_way:
            slow = arrive.store(under_way)
            fast = arrive()
            assert await looking.look(connection) == Arrival(uuid(fast), settled=False)

        assert await found(looking, connection) == slow
        behind = search(arrive, after=uuid(slow))
        await behind.begin(connection)
        assert await found(behind, connection) == fast

    play(settings, scenario)


def test_a_clock_that_is_late_hides_nothing_behind_a_message(
    settings: Settings, arrive: Arriving
) -> None:
    """The second one's id is ten minutes older than the first one's."""

    async def scenario(connection: AsyncConnection) -> None:
        first = arrive()
        second = arrive(id=UUID(int=uuid(first).int - (600_000 << 80)))
        behind = search(arrive, after=uuid(first))
        await behind.begin(connection)

        assert await found(behind, connection) == second

        behind = search(arrive, after=uuid(second))
        await behind.begin(connection)
        assert await found(behind, connection) is None

    play(settings, scenario)


def test_more_than_a_page_is_walked_through(settings: Settings, arrive: Arriving) -> None:
    async def scenario(connection: AsyncConnection) -> None:
        start = arrive()
        looking = search(arrive, subject="code")
        behind = search(arrive, subject="code", after=uuid(start))
        await looking.begin(connection)
        await behind.begin(connection)
        with arrive.transaction() as under_way:
            arrive.store_all(under_way, 2 * PAGE + 1, subject="News")
        last = arrive()

        assert await found(looking, connection) == last
        assert await found(behind, connection) == last

    play(settings, scenario)


def test_behind_what_the_log_has_forgotten_ids_decide(
    settings: Settings, arrive: Arriving, engine: sa.Engine
) -> None:
    async def scenario(connection: AsyncConnection) -> None:
        first, second = arrive(), arrive()
        with engine.begin() as other:
            other.execute(sa.delete(Event))
        behind = search(arrive, after=uuid(first))
        await behind.begin(connection)

        assert await found(behind, connection) == second

    play(settings, scenario)
