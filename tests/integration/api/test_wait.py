"""GET /v1/inboxes/{inboxId}/wait"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from tests.integration.api.arriving import Arriving
from tests.integration.api.mailing import Box, box, code, told
from tests.integration.api.serving import ClientOf, Organization
from tests.waiting import eventually

Waiting = Callable[..., "Future[httpx.Response]"]


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test")


@pytest.fixture
def arrive(engine: sa.Engine, owner: Organization, shop: Box) -> Arriving:
    return Arriving(engine, owner.id, shop)


@pytest.fixture
def waiting(shop: Box) -> Iterator[Waiting]:
    """Waits in a thread: `waiting(subject="code")`."""
    with ThreadPoolExecutor(8) as pool:

        def begin(client: httpx.Client = shop.client, **asked: Any) -> "Future[httpx.Response]":
            return pool.submit(client.get, f"{shop.path}/wait", params={"timeout": 30} | asked)

        yield begin


def ask(shop: Box, **asked: Any) -> httpx.Response:
    """What is there already."""
    return shop.client.get(f"{shop.path}/wait", params={"timeout": 0} | asked)


def until_answered(answer: "Future[httpx.Response]", arrive: Callable[[], str]) -> list[str]:
    """The ids of what has arrived until then: nobody can know when a wait has begun."""
    arrived: list[str] = []

    def one_more() -> bool:
        if not answer.done():
            arrived.append(arrive())
        return answer.done()

    eventually(one_more)
    return arrived


def test_it_is_answered_with_what_arrives(shop: Box, arrive: Arriving, waiting: Waiting) -> None:
    before = arrive()
    answer = waiting()

    arrived = until_answered(answer, arrive)

    message = told(answer.result())
    assert message["id"] in arrived
    assert message["id"] != before
    assert message == shop.get(message["id"])
    assert (message["status"], message["text"]) == ("received", "It is 4711.")


def test_what_was_there_before_is_not_waited_for(shop: Box, arrive: Arriving) -> None:
    arrive()

    answer = ask(shop)

    assert (answer.status_code, answer.content) == (204, b"")


def test_it_ends_when_the_time_is_over(shop: Box) -> None:
    answer = ask(shop, timeout=1)

    assert answer.status_code == 204
    assert 0.9 < answer.elapsed.total_seconds() < 20


def test_after_a_time_the_oldest_comes_first_and_each_once(shop: Box, arrive: Arriving) -> None:
    began = clock.wire(clock.now())
    arrived = [arrive() for _ in range(3)]

    first = told(ask(shop, after=began))["id"]
    second = told(ask(shop, after=first))["id"]
    third = told(ask(shop, after=second))["id"]

    assert [first, second, third] == arrived
    assert ask(shop, after=third).status_code == 204
    assert ask(shop, after=clock.wire(clock.now())).status_code == 204


def test_after_what_the_inbox_has_sent_the_answer_to_it_is_found(
    shop: Box, arrive: Arriving
) -> None:
    arrive()
    sent = shop.send()
    answer = arrive(subject="Re: Hello")

    assert told(ask(shop, after=sent["id"]))["id"] == answer


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"from": "code.example"}, "code"),
        ({"from": "ROBOT@"}, "code"),
        ({"from": "straße"}, "order"),
        ({"from": "STRASSE"}, "order"),
        ({"subject": "your c"}, "code"),
        ({"subject": "ÜBER"}, "order"),
        ({"from": "shop", "subject": "order"}, "order"),
        ({"from": "shop", "subject": "code"}, None),
        ({"subject": "%"}, None),
        ({}, "news"),
    ],
)
def test_only_what_is_asked_for_is_an_answer(
    shop: Box, arrive: Arriving, asked: dict[str, str], found: str | None
) -> None:
    began = clock.wire(clock.now())
    known = {
        "news": arrive(from_email="list@news.example", from_name="", subject="News"),
        "code": arrive(from_email="robot@code.example", from_name="", subject="Your Code"),
        "order": arrive(from_email="a@shop.example", from_name="Straße", subject="Order über"),
    }

    answer = ask(shop, after=began, **asked)

    assert (answer.json()["id"] if answer.content else None) == (known[found] if found else None)


def test_a_thread_can_be_waited_for(shop: Box, arrive: Arriving, waiting: Waiting) -> None:
    sent = shop.send()
    answer = waiting(threadId=sent["threadId"])
    thread_id = ids.decode(ids.THREAD, sent["threadId"])
    arrive.threads.add(thread_id)

    def two() -> str:
        arrive()
        return arrive(thread_id=thread_id)

    arrived = until_answered(answer, two)

    assert told(answer.result())["id"] in arrived
    assert told(answer.result())["threadId"] == sent["threadId"]


def test_mail_for_others_is_no_answer(
    shop: Box, engine: sa.Engine, owner: Organization, stranger: httpx.Client
) -> None:
    began = clock.wire(clock.now())
    Arriving(engine, owner.id, box(shop.client))()

    assert ask(shop, after=began).status_code == 204
    assert code(stranger.get(f"{shop.path}/wait")) == (404, "inbox_not_found")


def test_what_the_inbox_does_not_have_is_nothing_to_come_after(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    elsewhere = Arriving(engine, owner.id, box(shop.client))()

    answers = [ask(shop, after=one) for one in (elsewhere, ids.encode("msg", ids.new()))]

    assert [code(one) for one in answers] == [(422, "validation_failed")] * 2
    assert answers[0].json()["errors"] == answers[1].json()["errors"]


@pytest.mark.parametrize(
    "asked",
    [
        {"timeout": 121},
        {"timeout": -1},
        {"timeout": "long"},
        {"after": "yesterday"},
        {"threadId": "x"},
        {"from": "x" * 321},
        {"subject": "\0"},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(shop: Box, asked: dict[str, Any]) -> None:
    assert code(ask(shop, **asked)) == (422, "validation_failed")


def test_a_key_that_is_deleted_meanwhile_gets_no_mail(
    shop: Box, arrive: Arriving, waiting: Waiting, client_of: ClientOf
) -> None:
    made = told(shop.client.post("/v1/api_keys", json={"name": "agent"}))
    answer = waiting(client_of(made["key"]), after=clock.wire(clock.now()), subject="late")
    told(shop.client.delete(f"/v1/api_keys/{made['id']}"))

    until_answered(answer, lambda: arrive(subject="late"))

    assert code(answer.result()) == (401, "unauthorized")


def test_nothing_is_waited_for_in_an_inbox_that_is_deleted(
    shop: Box, arrive: Arriving, waiting: Waiting
) -> None:
    answer = waiting(timeout=1, subject="late")
    shop.client.delete(shop.path)
    arrive(subject="late")

    assert answer.result().status_code in {204, 404}
