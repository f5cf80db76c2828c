from datetime import datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from common import events, ids
from common.events import NewEvent
from services.api.schemas.events import EventShown
from tests.integration.api.serving import Organization

EVENTS: TypeAdapter[Any] = TypeAdapter(list[EventShown])


def listed(client: httpx.Client, **filters: str) -> list[dict[str, Any]]:
    response = client.get("/v1/events", params=filters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    EVENTS.validate_python(found)
    return found


def send(client: httpx.Client, inbox: dict[str, Any]) -> dict[str, Any]:
    body = {"to": ["jane@customer.example"], "subject": "Hi", "text": "Hello", "html": "<p>Hello"}
    response = client.post(f"/v1/inboxes/{inbox['id']}/messages/send", json=body)
    assert response.status_code == 202, response.text
    message: dict[str, Any] = response.json()
    return message


def tell_sent(engine: sa.Engine, owner: Organization, message: dict[str, Any]) -> None:
    """As the sender writes it: the resource without its bodies."""
    event = NewEvent(
        organization_id=owner.id,
        type="message.sent",
        payload={k: v for k, v in message.items() if k not in {"text", "html"}},
        inbox_id=ids.decode(ids.INBOX, message["inboxId"]),
        message_id=ids.decode(ids.MESSAGE, message["id"]),
    )
    with engine.begin() as connection:
        connection.execute(*events.write([event]))


def test_everything_that_happened_is_listed_newest_first(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={}).json()
    renamed = client.patch(f"/v1/inboxes/{inbox['id']}", json={"name": "new"}).json()
    client.delete(f"/v1/inboxes/{inbox['id']}")

    found = listed(client)

    told = [(event["event"], event["payload"]) for event in found]
    assert told == [
        ("inbox.deleted", renamed),
        ("inbox.updated", renamed),
        ("inbox.created", inbox),
    ]
    assert {event["inboxId"] for event in found} == {inbox["id"]}
    assert all(datetime.fromisoformat(event["timestamp"]).tzinfo for event in found)


def test_a_message_is_told_with_its_bodies(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    message = send(client, client.post("/v1/inboxes", json={}).json())
    tell_sent(engine, owner, message)

    [event] = listed(client, type="message.sent")

    assert (event["payload"]["text"], event["payload"]["html"]) == ("Hello", "<p>Hello")
    assert event["messageId"] == message["id"]


def test_events_are_found_by_type_inbox_and_message(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    first, second = (client.post("/v1/inboxes", json={}).json() for _ in range(2))
    message = send(client, first)
    tell_sent(engine, owner, message)

    assert len(listed(client, type="inbox.created")) == 2
    assert [event["payload"] for event in listed(client, inboxId=second["id"])] == [second]
    assert [event["event"] for event in listed(client, messageId=message["id"])] == ["message.sent"]
    assert len(listed(client, type="inbox.created", inboxId=first["id"])) == 1
    assert listed(client, type="inbox.created", messageId=message["id"]) == []


def test_events_are_listed_page_by_page_with_their_filter(client: httpx.Client) -> None:
    for _ in range(3):
        client.post("/v1/inboxes", json={})

    first = client.get("/v1/events", params={"limit": 2, "type": "inbox.created"})
    second = client.get(first.links["next"]["url"])

    assert [len(page.json()) for page in (first, second)] == [2, 1]
    assert first.json() + second.json() == listed(client, type="inbox.created")
    assert "next" not in second.links


def test_nobody_sees_what_happened_to_another(client: httpx.Client, stranger: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={}).json()

    assert listed(stranger) == []
    assert listed(stranger, inboxId=inbox["id"]) == []


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ({"type": "message.lost"}, "type"),
        ({"type": "\0"}, "type"),
        ({"inboxId": "inbox_x"}, "inboxId"),
        ({"inboxId": ids.encode(ids.MESSAGE, ids.new())}, "inboxId"),
        ({"messageId": ""}, "messageId"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(
    client: httpx.Client, filters: dict[str, str], path: str
) -> None:
    response = client.get("/v1/events", params=filters)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["path"] for error in response.json()["errors"]] == [path]


@pytest.mark.parametrize("cursor", ["", "x", "%00", "AAAAAAAAAAAAAAAAAAAAAA==", "é"])
def test_an_invalid_cursor_is_a_400(client: httpx.Client, cursor: str) -> None:
    response = client.get("/v1/events", params={"cursor": cursor})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
