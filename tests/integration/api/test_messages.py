"""Reading messages: lists, one, its history, its labels, its files."""

from base64 import b64encode
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import events, ids, resources
from common.events import NewEvent
from services.api.schemas.messages import MessageShown
from tests.integration.api.mailing import Box, box, code, received
from tests.integration.api.serving import Organization

CONTENT = bytes(range(256))
FILE = {
    "name": 'Zürich "1".pdf',
    "contentType": "application/pdf",
    "content": b64encode(CONTENT).decode(),
}


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test")


def test_a_list_has_the_newest_first_with_their_bodies(shop: Box) -> None:
    sent = [shop.send(subject=f"{number}") for number in range(3)]

    assert shop.found() == sent[::-1]


def test_a_list_has_files_without_their_content(shop: Box) -> None:
    shop.send(attachments=[FILE])

    [listed] = shop.found()

    assert "content" not in listed["attachments"][0]
    assert MessageShown.model_validate(listed)


def test_received_messages_are_shown_as_such(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    received(engine, owner.id, shop, labels=["new"])

    [listed] = shop.found()

    assert MessageShown.model_validate(listed)
    assert (listed["status"], listed["toInboxId"]) == ("received", shop.id)
    assert "fromInboxId" not in listed


def test_pages_show_everything_once_and_keep_the_filters(shop: Box) -> None:
    for number in range(7):
        shop.send(subject=f"{number}", labels=["odd" if number % 2 else "even"])

    pages = []
    url = f"{shop.path}/messages?limit=3&label=even"
    while url:
        page = shop.client.get(url)
        pages.append([one["subject"] for one in page.json()])
        url = page.links.get("next", {}).get("url", "")

    assert pages == [["6", "4", "2"], ["0"]]


def test_a_page_is_not_moved_by_what_comes_in(shop: Box) -> None:
    for number in range(4):
        shop.send(subject=f"{number}")
    first = shop.client.get(f"{shop.path}/messages", params={"limit": 2})

    shop.send(subject="new")

    second = shop.client.get(first.links["next"]["url"])
    assert [one["subject"] for one in second.json()] == ["1", "0"]


def test_filters_are_taken_together(shop: Box, engine: sa.Engine, owner: Organization) -> None:
    old = shop.send(subject="old", labels=["a", "b"])
    thread = shop.send(subject="thread", labels=["b"])
    shop.reply(thread["id"])
    new = shop.send(subject="new", labels=["a"])
    received(engine, owner.id, shop, subject="in", labels=["b"])

    assert shop.subjects(status="received") == ["in"]
    assert shop.subjects(label="a") == ["new", "old"]
    assert shop.subjects(label="b", status="queued") == ["thread", "old"]
    assert shop.subjects(threadId=thread["threadId"]) == ["Re: thread", "thread"]
    assert shop.subjects(after=old["createdAt"], label="a") == ["new"]
    assert shop.subjects(before=new["createdAt"], label="a") == ["old"]
    assert shop.subjects(after=new["createdAt"], before=old["createdAt"]) == []
    assert shop.subjects(label="A") == []


def test_times_are_understood_in_every_zone(shop: Box) -> None:
    shop.send()

    for moment in ("2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00", "2020-01-01t00:00:00.5z"):
        assert shop.subjects(after=moment) == ["Hello"]
        assert shop.subjects(before=moment) == []
    unencoded = f"{shop.path}/messages?after=2020-01-01T00:00:00+02:00"
    assert len(shop.client.get(unencoded).json()) == 1
    assert shop.subjects(after="0001-01-01T00:00:00Z", before="9999-12-31T23:59:59Z") == ["Hello"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"status": "lost"}, "status"),
        ({"after": "yesterday"}, "after"),
        ({"after": "2020-01-01"}, "after"),
        ({"after": "2020-01-01T00:00:00"}, "after"),
        ({"before": "2020-13-01T00:00:00Z"}, "before"),
        ({"before": "0001-01-01T00:00:00+23:59"}, "before"),
        ({"threadId": "thread_x"}, "threadId"),
        ({"label": "a\0b"}, "label"),
        ({"label": ""}, "label"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    shop: Box, query: dict[str, str], path: str
) -> None:
    response = shop.client.get(f"{shop.path}/messages", params=query)

    assert code(response) == (422, "validation_failed")
    assert [one["path"] for one in response.json()["errors"]] == [path]


def test_a_cursor_that_was_not_given_is_refused(shop: Box) -> None:
    response = shop.client.get(f"{shop.path}/messages", params={"cursor": "x"})

    assert code(response) == (400, "invalid_cursor")


def test_a_list_of_another_inbox_has_nothing_of_this(shop: Box) -> None:
    sent = shop.send()
    other = box(shop.client)

    assert other.found() == []
    assert other.found(threadId=sent["threadId"]) == []


def test_one_message_has_the_content_of_its_files(shop: Box) -> None:
    sent = shop.send(attachments=[FILE, FILE | {"name": "empty", "content": ""}])

    found = shop.get(sent["id"])

    assert [one["content"] for one in found["attachments"]] == [FILE["content"], ""]
    assert found["attachments"][0]["name"] == sent["attachments"][0]["name"]


def test_a_history_is_told_oldest_first(shop: Box, engine: sa.Engine, owner: Organization) -> None:
    sent = shop.send()
    path = f"{shop.path}/messages/{sent['id']}/events"
    assert shop.client.get(path).json() == []
    for kind in ("message.sent", "message.delivered"):
        happened(engine, owner, sent, kind)

    history = shop.client.get(path).json()

    assert [one["event"] for one in history] == ["message.sent", "message.delivered"]
    assert history[0]["payload"]["text"] == "How are you?"
    first = shop.client.get(path, params={"limit": 1})
    assert shop.client.get(first.links["next"]["url"]).json() == history[1:]


def happened(engine: sa.Engine, owner: Organization, message: dict[str, Any], kind: str) -> None:
    with engine.begin() as connection:
        query = f"SELECT {resources.MESSAGE_COLUMNS} FROM message m"
        row = connection.execute(sa.text(query)).mappings().one()
        told_of = NewEvent(
            owner.id,
            kind,
            resources.message(dict(row)),
            inbox_id=row["inbox_id"],
            message_id=ids.decode(ids.MESSAGE, message["id"]),
        )
        connection.execute(*events.write([told_of]))
