"""The servers under the API go away: what is answered meanwhile, and that all comes back by itself.

A send with a key is sent again until it is accepted, as a client should. So at the end there is one
message for each key, whatever happened to the first attempts.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import httpx
import sqlalchemy as sa

from common import ids
from common.db import OF_THE_API, make_engine
from common.settings import Settings, with_driver
from services.api import keys
from tests.integration.api.ground import own_postgres, own_redis
from tests.integration.api.mailing import Box, box, mail
from tests.integration.api.refusals import FILE
from tests.integration.api.serving import served
from tests.tenants import rows
from tests.waiting import eventually

Send = Callable[[], httpx.Response]
SHORT = replace(OF_THE_API, connect=2, answer=0.8, pool=1, ping=0.4)
KEYS = count()
UNKEYED = "Perhaps twice"


@contextmanager
def shop_at(settings: Settings, database: sa.Engine) -> Iterator[Box]:
    """An inbox at an API of its own."""
    with database.begin() as connection:
        _, key = keys.create_organization(connection, "acme", 10_000)
    headers = {"authorization": f"Bearer {key}"}
    with (
        served(settings, SHORT) as url,
        httpx.Client(base_url=url, headers=headers, timeout=30) as client,
    ):
        yield box(client)


def sends(shop: Box) -> list[Send]:
    """New ones, each with its key."""
    return [
        partial(shop.post, mail(**changes), idempotency_key=f"key-{next(KEYS)}")
        for changes in ({}, {"attachments": [FILE]}) * 2
    ]


def others(shop: Box) -> list[Send]:
    """Through each other way that a request takes to Postgres. The first of them is remembered to
    be allowed, and to be for an inbox that there is: it gets as far as to the writing.
    """
    post, get = shop.client.post, shop.client.get
    key = {"idempotency-key": f"key-{next(KEYS)}"}
    return [
        partial(shop.post, mail(subject=UNKEYED)),
        partial(get, "/v1/inboxes"),
        partial(get, f"{shop.path}/messages", params={"q": "Hello"}),
        partial(post, "/v1/inboxes", json={}),
        partial(post, "/v1/api_keys", json={"name": "a"}, headers=key),
        partial(get, "/readyz"),
    ] * 2


def at_once(calls: list[Send]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def until_accepted(send: Send) -> str:
    """The id of its message."""

    def accepted() -> str | None:
        answer = send()
        assert answer.status_code in {202, 409, 503}, answer.text
        return str(answer.json()["id"]) if answer.status_code == 202 else None

    return eventually(accepted) or ""


def test_while_postgres_is_away_all_are_told_to_try_again_and_nothing_is_lost_or_doubled(
    settings: Settings,
) -> None:
    with own_postgres() as postgres:
        ours = settings.model_copy(update={"database_url": with_driver(postgres.url)})
        database = make_engine(ours)
        with shop_at(ours, database) as shop:
            for outage in (postgres.stopped(), postgres.down()):
                survive(outage, shop, database)
        database.dispose()


def survive(outage: AbstractContextManager[None], shop: Box, database: sa.Engine) -> None:
    before, drafts = messages(database), sends(shop)
    before.add(shop.send()["id"])

    with outage:
        answers = at_once(others(shop) + drafts)
        alive = shop.client.get("/healthz")

    assert alive.status_code == 200
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "unavailable")}
    assert all("retry-after" in one.headers for one in answers)
    accepted = {until_accepted(send) for send in drafts}
    assert len(accepted) == len(drafts)
    assert messages(database) - before == accepted
    assert {one.status_code for one in at_once(others(shop))} == {200, 201, 202}
    eventually(lambda: not unindexed(database), what="the index fills itself again")


def messages(database: sa.Engine) -> set[str]:
    found = rows(database, "SELECT id FROM message WHERE subject <> :unkeyed", unkeyed=UNKEYED)
    return {ids.encode(ids.MESSAGE, one["id"]) for one in found}


def unindexed(database: sa.Engine) -> list[dict[str, Any]]:
    return rows(database, "SELECT 1 FROM search WHERE document IS NULL")


def test_redis_is_not_missed(settings: Settings, engine: sa.Engine) -> None:
    with own_redis() as server:
        ours = settings.model_copy(update={"redis_url": server.url})
        with shop_at(ours, engine) as shop:
            for outage in (server.stopped(), server.emptied(), server.down()):
                with outage:
                    answers = at_once(sends(shop))
                    ready = shop.client.get("/readyz")

                assert {one.status_code for one in answers} == {202}
                assert ready.status_code == 200
                eventually(lambda: shop.client.get("/readyz").json()["status"] == "ok")
