"""How long a stream goes on: through outages, not past its key, and at its reader's pace."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import sqlalchemy as sa

from common import ids
from common.db import make_async_engine, make_engine
from common.models import ApiKey
from common.settings import Settings, with_driver
from services.api import event_log, keys
from services.api.keyring import Keyring
from services.api.stream import PING, Reader, until
from tests.integration.api.ground import own_postgres
from tests.integration.api.serving import Organization, served
from tests.integration.api.streaming import listening
from tests.integration.api.test_outage import SHORT
from tests.integration.api.test_stream import inboxes, write
from tests.waiting import eventually


@asynccontextmanager
async def reading(settings: Settings, owner: Organization) -> AsyncIterator[Reader]:
    """With pings that come soon."""
    engine = make_async_engine(settings)
    async with engine.connect() as connection:
        start = await event_log.begin(connection, owner.id, None)
    yield Reader(
        engine=engine,
        keyring=Keyring(settings, engine),
        key=owner.key,
        organization_id=owner.id,
        filters={},
        start=start,
        ping_seconds=0.1,
    )
    await engine.dispose()


def run(
    settings: Settings, owner: Organization, scenario: Callable[[Reader], Awaitable[None]]
) -> None:
    async def play() -> None:
        async with reading(settings, owner) as reader, asyncio.timeout(10):
            await scenario(reader)

    asyncio.run(play())


def new() -> asyncio.Event:
    woken = asyncio.Event()
    woken.set()
    return woken


def test_a_silent_stream_says_that_it_lives(settings: Settings, owner: Organization) -> None:
    async def scenario(reader: Reader) -> None:
        told = until(asyncio.Event(), reader.told(new()))

        assert [await anext(told) for _ in range(3)] == [PING] * 3

    run(settings, owner, scenario)


def test_it_ends_when_its_key_is_deleted(
    settings: Settings, engine: sa.Engine, owner: Organization
) -> None:
    async def scenario(reader: Reader) -> None:
        told = until(asyncio.Event(), reader.told(new()))
        assert await anext(told) == PING
        with engine.begin() as connection:
            connection.execute(sa.delete(ApiKey))

        assert {piece async for piece in told} <= {PING}

    run(settings, owner, scenario)


def test_it_ends_at_once_when_the_process_stops_whatever_it_waits_for(
    settings: Settings, engine: sa.Engine, owner: Organization
) -> None:
    async def scenario(reader: Reader) -> None:
        stopping = asyncio.Event()
        told = until(stopping, reader.told(new()))
        with engine.begin() as connection:
            connection.execute(sa.text("LOCK TABLE event IN ACCESS EXCLUSIVE MODE"))
            reader.ping_seconds = 60
            rest = asyncio.create_task(anext(told, None))
            await asyncio.to_thread(lambda: eventually(lambda: waits(engine)))
            stopping.set()

            assert await asyncio.wait_for(rest, 5) is None

    run(settings, owner, scenario)


def waits(engine: sa.Engine) -> bool:
    query = """
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    with engine.connect() as connection:
        return connection.execute(sa.text(query)).first() is not None


def test_it_reads_on_when_what_it_has_told_is_taken(
    settings: Settings, engine: sa.Engine, owner: Organization
) -> None:
    async def scenario(reader: Reader) -> None:
        reader.ping_seconds = 60
        with engine.begin() as connection:
            written = [write(connection, owner) for _ in range(50)]
        told = until(asyncio.Event(), reader.told(new()))

        first = await anext(told)
        reached = reader.start.position.id  # nothing is read ahead
        assert ids.encode(ids.EVENT, reached) == written[19]
        rest = [await anext(told) for _ in range(2)]

        assert ids_in(first + b"".join(rest)) == written

    run(settings, owner, scenario)


def ids_in(text: bytes) -> list[str]:
    lines = text.decode().splitlines()
    return [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]


def test_a_database_that_goes_away_ends_no_stream(settings: Settings) -> None:
    with own_postgres() as postgres:
        ours = settings.model_copy(update={"database_url": with_driver(postgres.url)})
        database = make_engine(ours)
        with database.begin() as connection:
            _, key = keys.create_organization(connection, "acme", 10_000)
        headers = {"authorization": f"Bearer {key}"}
        with (
            served(ours, SHORT) as url,
            httpx.Client(base_url=url, headers=headers, timeout=30) as client,
            listening(client) as heard,
        ):
            inboxes(client, 1)
            heard.hears(1)
            for count, outage in enumerate((postgres.stopped(), postgres.down()), start=2):
                with outage:
                    eventually(lambda: client.get("/readyz").status_code == 503)
                eventually(lambda: client.get("/readyz").status_code == 200)
                eventually(lambda: client.post("/v1/inboxes", json={}).status_code == 201)
                heard.hears(count)

            assert not heard.ended
        database.dispose()
