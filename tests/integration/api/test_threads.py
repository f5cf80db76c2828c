"""Threads: lists, and one with its messages."""

import httpx
import pytest
import sqlalchemy as sa

from services.api.schemas.threads import ThreadShown, ThreadWithMessages
from tests.integration.api.mailing import Body, Box, accepted, box, code, received, told
from tests.integration.api.serving import Organization
from tests.waiting import eventually


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


def threads(shop: Box, **query: str) -> list[Body]:
    found: list[Body] = shop.client.get(f"{shop.path}/threads", params=query).json()
    return found


def test_the_thread_with_the_newest_message_is_first(shop: Box) -> None:
    first, second = shop.send(subject="first"), shop.send(subject="second")
    assert [one["subject"] for one in threads(shop)] == ["second", "first"]

    answered = accepted(shop.reply(first["id"]))

    [moved, other] = threads(shop)
    assert ThreadShown.model_validate(moved)
    assert (moved["id"], other["id"]) == (first["threadId"], second["threadId"])
    assert (moved["subject"], moved["messageCount"]) == ("first", 2)
    assert moved["createdAt"] == first["createdAt"]
    assert moved["lastMessageAt"] == moved["updatedAt"] == answered["createdAt"]


def test_pages_of_threads_show_each_once(shop: Box) -> None:
    for number in range(5):
        shop.send(subject=f"{number}")

    first = shop.client.get(f"{shop.path}/threads", params={"limit": 3})
    second = shop.client.get(first.links["next"]["url"])

    assert [one["subject"] for one in first.json()] == ["4", "3", "2"]
    assert [one["subject"] for one in second.json()] == ["1", "0"]
    assert "next" not in second.links


def test_a_thread_has_its_messages_oldest_first(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    asked = received(engine, owner.id, shop)
    answers = [accepted(shop.reply(asked)) for _ in range(2)]
    shop.send()
    path = f"{shop.path}/threads/{answers[0]['threadId']}"

    thread = told(shop.client.get(path))

    assert ThreadWithMessages.model_validate(thread)
    assert thread["messages"] == [shop.get(asked), *answers]
    assert thread["messageCount"] == 3
    page = shop.client.get(path, params={"limit": 2})
    assert page.json()["messages"] == thread["messages"][:2]
    rest = shop.client.get(page.links["next"]["url"])
    assert rest.json()["messages"] == thread["messages"][2:]


def test_threads_are_found_by_the_words_of_one_message(shop: Box) -> None:
    first = shop.send(subject="Invoice", text="forty two")
    shop.reply(first["id"], text="seventeen")
    shop.send(subject="Invoice", text="nothing")

    eventually(lambda: len(threads(shop, query="invoice")) == 2)
    eventually(lambda: threads(shop, query="seventeen"))

    assert [one["id"] for one in threads(shop, query="INV fort")] == [first["threadId"]]
    assert threads(shop, query="forty seventeen") == []
    assert threads(shop, query="%") == []


def test_a_thread_of_another_inbox_is_not_found(shop: Box) -> None:
    sent = shop.send()
    other = box(shop.client)

    response = shop.client.get(f"{other.path}/threads/{sent['threadId']}")

    assert code(response) == (404, "thread_not_found")
    assert threads(other) == []


def test_threads_of_no_inbox_are_not_found(shop: Box) -> None:
    shop.client.delete(shop.path)

    assert code(shop.client.get(f"{shop.path}/threads")) == (404, "inbox_not_found")
