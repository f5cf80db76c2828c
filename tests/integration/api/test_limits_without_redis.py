"""The limit while Redis is away, after it has come back, and when it has forgotten."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import redis
import sqlalchemy as sa

from common import ids, queue
from common.db import make_async_engine
from common.models import Message
from common.settings import Settings
from services.api.keyring import Caller
from services.api.limits import Limiter, Window
from tests.integration.api.limited import LIMIT, burst, standing, statuses
from tests.integration.api.mailing import Box, box, count, mail
from tests.integration.api.serving import MakeOrganization, Organization, served
from tests.tenants import tenant

NOWHERE = "redis://127.0.0.1:1/0"


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
