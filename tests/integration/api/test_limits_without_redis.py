"""The limit while Redis is away, after it has come back, and when it has forgotten."""

import asyncio
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import redis
import sqlalchemy as sa
import uvloop

from common import ids, queue
from common.db import make_async_engine
from common.models import Message
from common.settings import Settings
from services.api.counts import ByRedis, Count
from services.api.keyring import Caller
from services.api.limits import Limiter, Window
from services.api.ring import Ringer
from tests.faults.proxy import Proxy, proxies
from tests.integration.api.limited import LIMIT, burst, standing, statuses
from tests.integration.api.mailing import Box, box, count, mail
from tests.integration.api.serving import MakeOrganization, Organization, served
from tests.tenants import tenant

NOWHERE = "redis://127.0.0.1:1/0"


@contextmanager
def hanging_up() -> Iterator[int]:
    """The port of a server that resets every connection a moment after it was made."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

        def reset_all() -> None:
            with suppress(OSError):
                while True:
                    accepted, _ = listener.accept()
                    over.wait(0.001)
                    accepted.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                    accepted.close()

        thread = threading.Thread(target=reset_all)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def line(settings: Settings) -> Iterator[Proxy]:
    """To Redis. It can be made to fall silent."""
    port = urlsplit(settings.redis_url).port
    assert port
    with proxies(line=port) as made:
        yield made["line"]


@pytest.fixture
def far(settings: Settings, line: Proxy) -> Settings:
    """Redis at the other end of the line."""
    near = f":{urlsplit(settings.redis_url).port}/"
    url = settings.redis_url.replace(near, f":{line.port}/")
    return settings.model_copy(update={"redis_url": url})


@pytest.fixture
def owner(organization: MakeOrganization) -> Organization:
    return organization("acme", sends_per_hour=LIMIT)


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


@pytest.fixture
def shop_at(settings: Settings, owner: Organization) -> Iterator[Callable[..., Box]]:
    """The same organization's inbox at an API with other settings, on the same database."""
    with ExitStack() as stack:

        def at(**changes: Any) -> Box:
            url = stack.enter_context(served(settings.model_copy(update=changes)))
            headers = {"authorization": f"Bearer {owner.key}"}
            client = httpx.Client(base_url=url, headers=headers, timeout=30)
            return box(stack.enter_context(client))

        yield at


def test_with_redis_down_it_is_counted_in_postgres(shop_at: Callable[..., Box]) -> None:
    shop = shop_at(redis_url=NOWHERE)

    answers = [shop.post(mail()) for _ in range(LIMIT + 1)]

    assert [one.status_code for one in answers] == [202, 202, 202, 429]
    assert [standing(one) for one in answers] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert int(answers[-1].headers["retry-after"]) > 3500


def test_with_redis_down_a_burst_does_not_get_past_the_limit(
    shop_at: Callable[..., Box], engine: sa.Engine
) -> None:
    assert burst(shop_at(redis_url=NOWHERE), 20) == [202] * LIMIT + [429] * (20 - LIMIT)
    assert count(engine, "message") == LIMIT


def test_when_redis_goes_down_what_was_sent_before_counts(
    shop: Box, shop_at: Callable[..., Box]
) -> None:
    assert statuses(shop, 2) == [202, 202]

    assert statuses(shop_at(redis_url=NOWHERE), 2) == [202, 429]


def test_what_redis_has_forgotten_is_known_to_postgres(shop: Box, settings: Settings) -> None:
    assert statuses(shop, 2) == [202, 202]

    with queue.connect(settings) as connection:
        forget(connection, settings.redis_prefix)

    answers = [shop.post(mail()) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 429]
    assert [standing(one) for one in answers] == [(3, 0), (3, 0)]


def forget(connection: "redis.Redis", prefix: str) -> None:
    found = list(connection.scan_iter(f"{prefix}:limits*"))
    assert found
    connection.delete(*found)


def test_redis_is_not_believed_about_an_hour_that_it_has_not_seen(
    settings: Settings, engine: sa.Engine
) -> None:
    sender = tenant(engine)
    caller = Caller(sender.id, ids.new(), LIMIT)

    async def run() -> list[Window]:
        database = make_async_engine(settings)
        limiter = Limiter(settings, database)
        windows = []
        for answers_from in (math.inf, math.inf, 0.0, 0.0):
            limiter._redis._again_at = answers_from  # away for two messages, then back
            async with limiter.take(caller) as window:
                if window.granted:
                    sender.message()
            windows.append(window)
        await limiter.close()
        await database.dispose()
        return windows

    windows = asyncio.run(run())

    assert [one.granted for one in windows] == [True, True, True, False]
    assert [one.remaining for one in windows] == [2, 1, 0, 0]


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(far: Settings, line: Proxy) -> None:
    """Waiting for it again and again, every request would be slow."""

    async def run() -> list[Count | None]:
        by_redis = ByRedis(far)
        counts = []
        for trouble, again_at in ((True, 0.0), (False, None), (False, 0.0)):
            line.trouble(half_open=trouble)
            by_redis._again_at = by_redis._again_at if again_at is None else again_at
            counts.append(await by_redis.count(ids.new(), LIMIT, 1))
        await by_redis.close()
        return counts

    first, soon, later = asyncio.run(run())

    assert (first, soon) == (None, None)
    assert later
    assert later.granted == 1


def test_a_redis_that_does_not_answer_does_not_hold_up_the_end(far: Settings, line: Proxy) -> None:
    line.trouble(half_open=True)

    async def run() -> bool:
        ringer = Ringer(far)
        ringer.ring(queue.SENDER)
        done, _ = await asyncio.wait([asyncio.create_task(ringer.close())], timeout=5)
        return bool(done)

    assert asyncio.run(run())


def test_who_cannot_be_counted_takes_nothing_from_the_others(
    settings: Settings, engine: sa.Engine
) -> None:
    broken = Caller(cast("UUID", "no id"), ids.new(), LIMIT)
    caller = Caller(tenant(engine).id, ids.new(), LIMIT)

    async def run() -> list[Any]:
        database = make_async_engine(settings)
        limiter = Limiter(settings.model_copy(update={"redis_url": NOWHERE}), database)

        async def take(one: Caller) -> bool:
            async with limiter.take(one) as window:
                return window.granted

        taken = await asyncio.gather(take(caller), take(broken), return_exceptions=True)
        await limiter.close()
        await database.dispose()
        return [*taken, dict(limiter._under_way)]

    granted, error, under_way = asyncio.run(run())

    assert granted is True
    assert isinstance(error, sa.exc.DataError)
    assert under_way == {}


def test_messages_older_than_an_hour_do_not_count(
    shop_at: Callable[..., Box], engine: sa.Engine
) -> None:
    shop = shop_at(redis_url=NOWHERE)
    shop.send()
    for seconds in (3500, 3700, 5000):
        copy_at(engine, time.time() - seconds)

    assert standing(shop.post(mail())) == (3, 0)


def copy_at(engine: sa.Engine, moment: float) -> None:
    """The newest message once more, as if it had been accepted at that moment."""
    names = ", ".join(name for name in Message.model_fields if name not in {"id", "created_at"})
    copied = sa.text(f"""
        INSERT INTO message (id, created_at, {names})
        SELECT :id, to_timestamp(:moment), {names} FROM message ORDER BY id DESC LIMIT 1
    """)
    with engine.begin() as connection:
        connection.execute(copied, {"id": ids.first_at(moment), "moment": moment})


def test_a_redis_that_hangs_up_on_a_busy_process_is_away(settings: Settings) -> None:
    """A connection that is lost before its first use is an error of uvloop's own."""

    def be_busy() -> None:
        time.sleep(0.005)  # so that the loop hears of its connections late

    async def one(by_redis: ByRedis) -> Count | None:
        by_redis._again_at = 0.0
        return await by_redis.count(ids.new(), LIMIT, 1)

    async def many(port: int) -> list[Count | None]:
        url = f"redis://127.0.0.1:{port}/0"
        by_redis = ByRedis(settings.model_copy(update={"redis_url": url}))
        counted: list[Count | None] = []
        for _ in range(10):
            asking = asyncio.gather(*(one(by_redis) for _ in range(50)))
            while not asking.done():
                be_busy()
                await asyncio.sleep(0)
            counted += await asking
        return counted

    with hanging_up() as port:
        assert set(uvloop.run(many(port))) == {None}
