"""How a wait is woken, through lost notifications and outages, and what ends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request

from common import ids
from common.db import make_async_engine
from common.resources import Row
from common.settings import Settings
from services.api.arrivals import Wanted
from services.api.problems import Problem
from services.api.wait import MOST, Waits
from tests.integration.api.arriving import Arriving
from tests.integration.api.mailing import Box
from tests.integration.api.serving import Organization
from tests.waiting import eventually

NEVER = 600.0
LISTENS = "query LIKE 'LISTEN%'"
LOOKED = "query LIKE '%pg_visible_in_snapshot%' AND state = 'idle'"


class Client:
    """Of one request, which it may hang up on."""

    def __init__(self) -> None:
        self.hung_up = asyncio.Event()
        self.request = Request({"type": "http"}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}


class Desk:
    """Where tests wait, without a server: the tick is theirs."""

    def __init__(self, arrive: Arriving, waits: Waits, stopping: asyncio.Event) -> None:
        self.arrive = arrive
        self.stopping = stopping
        self.waits = waits

    def wait(self, client: Client | None = None, seconds: float = NEVER) -> "asyncio.Task[Any]":
        inbox_id = ids.decode(ids.INBOX, self.arrive.box.id)
        wanted = Wanted(self.arrive.organization_id, inbox_id)
        request = (client or Client()).request
        return asyncio.create_task(self.waits.first(request, wanted, seconds))

    async def until(self, condition: str) -> None:
        """A backend of this database is so."""
        await asyncio.to_thread(eventually, lambda: _backends(self.arrive.engine, condition))


def _backends(engine: sa.Engine, condition: str) -> list[int]:
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    with engine.connect() as connection:
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        return [pid for pid in connection.execute(sa.text(query)).scalars() if pid != mine]


@asynccontextmanager
async def desk(settings: Settings, arrive: Arriving, tick: float) -> AsyncIterator[Desk]:
    engine = make_async_engine(settings)
    stopping = asyncio.Event()
    waits = Waits(settings, engine, stopping, tick)
    yield Desk(arrive, waits, stopping)
    await waits.close()
    await engine.dispose()


def play(
    settings: Settings,
    arrive: Arriving,
    scenario: Callable[[Desk], Awaitable[None]],
    tick: float = NEVER,
) -> None:
    async def run() -> None:
        async with desk(settings, arrive, tick) as opened, asyncio.timeout(60):
            await scenario(opened)

    asyncio.run(run())


def id_of(row: Row | None) -> str | None:
    return ids.encode(ids.MESSAGE, row["id"]) if row else None


def test_a_notification_wakes_it(settings: Settings, arrive: Arriving) -> None:
    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LISTENS)
        await here.until(LOOKED)

        arrived = await asyncio.to_thread(arrive)

        assert id_of(await waiting) == arrived

    play(settings, arrive, scenario)


def test_without_a_notification_the_tick_finds_it(
    settings: Settings, engine: sa.Engine, owner: Organization, shop: Box
) -> None:
    arrive = Arriving(engine, owner.id, shop, silent=True)

    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LISTENS)
        await here.until(LOOKED)

        arrived = await asyncio.to_thread(arrive)

        assert id_of(await waiting) == arrived

    play(settings, arrive, scenario, tick=0.2)


def test_who_is_cut_off_listens_again_and_catches_up(settings: Settings, arrive: Arriving) -> None:
    def cut_off() -> None:
        [pid] = _backends(arrive.engine, LISTENS)
        with arrive.engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LISTENS)
        await here.until(LOOKED)
        await asyncio.to_thread(cut_off)

        arrived = await asyncio.to_thread(arrive)  # heard by nobody, perhaps

        assert id_of(await waiting) == arrived
        await here.until(LISTENS)

    play(settings, arrive, scenario)


def test_what_others_notify_of_hurts_nobody(settings: Settings, arrive: Arriving) -> None:
    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LISTENS)
        with arrive.engine.begin() as connection:
            for payload in ("", "x", str(ids.new())):
                notify = sa.text("SELECT pg_notify('postroom_received', :payload)")
                connection.execute(notify, {"payload": payload})
        await here.until(LOOKED)

        arrived = await asyncio.to_thread(arrive)

        assert id_of(await waiting) == arrived

    play(settings, arrive, scenario)


def test_it_ends_at_once_when_the_process_stops(settings: Settings, arrive: Arriving) -> None:
    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LOOKED)

        here.stopping.set()

        assert await asyncio.wait_for(waiting, 5) is None

    play(settings, arrive, scenario)


def test_who_hangs_up_leaves_the_place_to_another(settings: Settings, arrive: Arriving) -> None:
    async def scenario(here: Desk) -> None:
        clients = [Client() for _ in range(MOST)]
        waits = [here.wait(one) for one in clients]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await here.wait(seconds=0)
        assert (refused.value.status, refused.value.code) == (429, "too_many_waits")

        clients[0].hung_up.set()

        assert await waits[0] is None
        assert await here.wait(seconds=0) is None
        here.stopping.set()
        assert set(await asyncio.gather(*waits)) == {None}

    play(settings, arrive, scenario)


def test_an_older_transaction_holds_an_answer_back_for_a_moment_only(
    settings: Settings, arrive: Arriving
) -> None:
    async def scenario(here: Desk) -> None:
        waiting = here.wait()
        await here.until(LOOKED)
        with arrive.transaction() as forgotten:
            arrive.store(forgotten)
            arrived = await asyncio.to_thread(arrive)

            assert id_of(await waiting) == arrived

    play(settings, arrive, scenario)
