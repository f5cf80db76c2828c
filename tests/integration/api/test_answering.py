"""Never a loop: what is not answered, and how often a thread is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from common.models import Message
from common.settings import Settings
from tests.integration.api.mailing import Box, accepted, box, code, count, received
from tests.integration.api.serving import Organization
from tests.tenants import rows

LIMIT = 3


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"thread_replies_per_hour": LIMIT})


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test")


@pytest.fixture
def question(engine: sa.Engine, owner: Organization, shop: Box) -> str:
    return received(engine, owner.id, shop)


def headers_of(engine: sa.Engine, message: dict[str, Any]) -> dict[str, str]:
    query = "SELECT headers FROM message WHERE id = :id"
    [row] = rows(engine, query, id=ids.decode(ids.MESSAGE, message["id"]))
    found: dict[str, str] = row["headers"]
    return found


def test_what_a_program_sent_is_answered_by_force_alone(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    automatic = received(engine, owner.id, shop, automatic=True)

    refused = shop.reply(automatic)

    assert code(refused) == (409, "automatic_message")
    assert count(engine, "message") == 1
    assert refused.headers["ratelimit-remaining"] == "100"
    assert accepted(shop.reply(automatic, force=True))["inReplyTo"] == automatic


def test_a_reply_says_that_a_program_wrote_it(shop: Box, question: str, engine: sa.Engine) -> None:
    plain = accepted(shop.reply(question))
    automatic = accepted(shop.reply(question, autoSubmitted=True))
    first = shop.send(autoSubmitted=True, headers={"X-A": "b"})

    assert headers_of(engine, plain) == {}
    assert headers_of(engine, automatic) == {"Auto-Submitted": "auto-replied"}
    assert headers_of(engine, first) == {"X-A": "b", "Auto-Submitted": "auto-generated"}


def test_who_wrote_it_is_said_once(shop: Box) -> None:
    body = {"to": ["a@b.example"], "text": "x", "headers": {"auto-submitted": "no"}}

    assert shop.post(body).status_code == 202
    refused = shop.post(body | {"autoSubmitted": True})

    assert code(refused) == (422, "validation_failed")
    assert refused.json()["errors"][0]["path"] == "autoSubmitted"


def test_a_thread_gets_so_many_replies_within_an_hour(
    shop: Box, question: str, engine: sa.Engine, owner: Organization
) -> None:
    for _ in range(LIMIT):
        accepted(shop.reply(question))

    refused = shop.reply(question, force=True)

    assert code(refused) == (409, "thread_reply_limit")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert count(engine, "message") == 1 + LIMIT
    accepted(shop.reply(received(engine, owner.id, shop)))  # another thread
    shop.send()


def test_it_can_be_answered_again_when_it_has_cooled(
    shop: Box, question: str, engine: sa.Engine
) -> None:
    replies = [accepted(shop.reply(question))["id"] for _ in range(LIMIT)]
    grow_older(engine, replies[0], minutes=50)
    refused = shop.reply(question)
    assert 500 < int(refused.headers["retry-after"]) <= 600

    grow_older(engine, replies[0], minutes=61)

    accepted(shop.reply(question))
    assert code(shop.reply(question)) == (409, "thread_reply_limit")


def grow_older(engine: sa.Engine, message_id: str, minutes: int) -> None:
    at = clock.now() - timedelta(minutes=minutes)
    mine = sa.column("id") == ids.decode(ids.MESSAGE, message_id)
    with engine.begin() as connection:
        connection.execute(sa.update(Message).where(mine).values(created_at=at))


def test_a_key_gives_its_answer_again_also_of_a_hot_thread(shop: Box, question: str) -> None:
    path = f"{shop.path}/messages/{question}/reply"

    def ask() -> httpx.Response:
        return shop.client.post(path, json={"text": "x"}, headers={"idempotency-key": "a"})

    first = ask()
    for _ in range(LIMIT - 1):
        accepted(shop.reply(question))
    assert code(shop.reply(question)) == (409, "thread_reply_limit")

    again = ask()

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


def test_no_more_are_accepted_of_many_at_once(shop: Box, question: str, engine: sa.Engine) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: shop.reply(question), range(24)))

    assert sorted(one.status_code for one in answers) == [202] * LIMIT + [409] * (24 - LIMIT)
    assert {code(one)[1] for one in answers if one.status_code == 409} == {"thread_reply_limit"}
    assert count(engine, "message") == 1 + LIMIT
    [thread] = rows(engine, "SELECT message_count FROM thread")
    assert thread["message_count"] == 1 + LIMIT


def test_a_thread_knows_who_is_in_it(shop: Box, engine: sa.Engine) -> None:
    sent = shop.send(
        to=["Jane <Jane@b.example>", "bob@b.example"], cc=["c@b.example"], bcc=["d@b.example"]
    )
    assert participants(engine) == [
        "shop@mail.test",
        "jane@b.example",
        "bob@b.example",
        "c@b.example",
    ]

    accepted(shop.reply(sent["id"], cc=["eve@b.example", "BOB@b.example"], bcc=["f@b.example"]))

    assert participants(engine)[:4] == [
        "shop@mail.test",
        "jane@b.example",
        "bob@b.example",
        "c@b.example",
    ]
    assert participants(engine)[4:] == ["eve@b.example"]


def test_a_thread_lists_so_many_participants_and_no_more(shop: Box, engine: sa.Engine) -> None:
    sent = shop.send(to=[f"a{at}@b.example" for at in range(48)])

    accepted(shop.reply(sent["id"], cc=["x@b.example", "y@b.example"]))

    assert participants(engine) == [
        "shop@mail.test",
        *(f"a{at}@b.example" for at in range(48)),
        "x@b.example",
    ]


def participants(engine: sa.Engine) -> list[str]:
    [row] = rows(engine, "SELECT participants FROM thread")
    found: list[str] = row["participants"]
    return found
