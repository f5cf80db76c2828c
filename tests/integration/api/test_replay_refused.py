"""`POST /v1/webhooks/{id}/replay`: what is refused, and what is replayed to nobody."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from tests.integration.api.hooks import change_row, create
from tests.integration.api.past import LONG_AGO, Past, replay
from tests.integration.api.serving import Organization


@pytest.fixture
def webhook(client: httpx.Client) -> dict[str, Any]:
    return create(client, events=["message.sent"])


@pytest.fixture
def past(engine: sa.Engine, owner: Organization) -> Past:
    return Past(engine, owner)


def test_a_call_that_is_repeated_replays_nothing_twice(
    client: httpx.Client, webhook: dict[str, Any], past: Past
) -> None:
    [event] = past.happens("message.sent")
    past.ends(event, "exhausted")
    path, headers = f"/v1/webhooks/{webhook['id']}/replay", {"idempotency-key": "again-1"}

    first = client.post(path, json={"since": LONG_AGO}, headers=headers)
    past.ends(event, "exhausted")
    second = client.post(path, json={"since": LONG_AGO}, headers=headers)

    assert first.content == second.content
    assert past.states() == {event.id: "exhausted"}


def test_a_disabled_webhook_is_not_replayed_to(
    client: httpx.Client, webhook: dict[str, Any], engine: sa.Engine, past: Past
) -> None:
    [event] = past.happens("message.sent")
    past.ends(event, "cancelled")
    change_row(engine, webhook, enabled=False, disabled_reason="failing")

    response = client.post(f"/v1/webhooks/{webhook['id']}/replay", json={"since": LONG_AGO})

    assert (response.status_code, response.json()["code"]) == (409, "webhook_disabled")
    assert past.states() == {event.id: "cancelled"}


def test_a_delivery_that_is_not_this_webhooks_is_none(
    client: httpx.Client, stranger: httpx.Client, webhook: dict[str, Any], past: Past
) -> None:
    [event] = past.happens("message.sent")
    past.ends(event, "exhausted")
    theirs, other = create(stranger), create(client, events=["inbox.created"])
    existing, unknown = past.delivery_id(event), ids.encode(ids.DELIVERY, ids.new())

    for who, to, delivery in (
        (client, other, existing),
        (stranger, theirs, existing),
        (client, webhook, unknown),
        (client, webhook, "nonsense"),
    ):
        response = who.post(f"/v1/webhooks/{to['id']}/replay", json={"deliveryId": delivery})

        assert (response.status_code, response.json()["code"]) == (404, "delivery_not_found")
    assert past.states() == {event.id: "exhausted"}


def test_nothing_of_another_is_replayed(stranger: httpx.Client, past: Past) -> None:
    past.happens("message.sent")
    theirs = create(stranger, events=["message.sent"])

    assert replay(stranger, theirs, since=LONG_AGO, which="all")["deliveries"] == 0
    assert past.deliveries() == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"which": "all"}, ""),
        ({"since": None}, ""),
        ({"since": LONG_AGO, "deliveryId": None}, ""),
        ({"until": LONG_AGO}, ""),
        ({"since": LONG_AGO, "deliveryId": ids.encode(ids.DELIVERY, ids.new())}, ""),
        ({"which": "all", "deliveryId": ids.encode(ids.DELIVERY, ids.new())}, ""),
        ({"since": LONG_AGO, "until": LONG_AGO}, ""),
        ({"since": "yesterday"}, "since"),
        ({"since": LONG_AGO, "until": 5}, "until"),
        ({"since": LONG_AGO, "which": "some"}, "which"),
        ({"deliveryId": 5}, "deliveryId"),
        ({"since": LONG_AGO, "to": "x"}, "to"),
    ],
)
def test_a_body_that_means_nothing_is_refused(
    client: httpx.Client, webhook: dict[str, Any], body: dict[str, Any], path: str
) -> None:
    response = client.post(f"/v1/webhooks/{webhook['id']}/replay", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["path"] for error in response.json()["errors"]] == [path]


def test_any_time_may_be_named(client: httpx.Client, webhook: dict[str, Any]) -> None:
    for since in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22T10:00:00+02:00"):
        assert replay(client, webhook, since=since)["deliveries"] == 0
