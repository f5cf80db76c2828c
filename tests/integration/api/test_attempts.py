"""Test events, and what became of every try."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, events, ids
from common.events import NewEvent
from common.models import Attempt, Webhook
from services.api.schemas.attempts import AttemptShown, SentTest
from tests.integration.api.hooks import create, deliveries, uuid_of
from tests.integration.api.mailing import box
from tests.integration.api.serving import Organization


def test_a_test_event_goes_to_this_endpoint_alone(client: httpx.Client, engine: sa.Engine) -> None:
    create(client)
    webhook = create(client)

    response = client.post(f"/v1/webhooks/{webhook['id']}/test")

    assert response.status_code == 202
    SentTest.model_validate(response.json())
    assert response.json()["success"] is True
    [delivery] = deliveries(engine)
    assert ids.encode(ids.DELIVERY, delivery["id"]) == response.json()["deliveryId"]
    assert (str(delivery["webhook_id"]), delivery["type"]) == (uuid_of(webhook), "webhook.test")
    assert (delivery["state"], delivery["due"]) == ("pending", True)


def test_the_test_event_does_not_carry_the_secret(client: httpx.Client) -> None:
    webhook = create(client)
    client.post(f"/v1/webhooks/{webhook['id']}/test")

    [event] = client.get("/v1/events", params={"type": "webhook.test"}).json()

    assert event["payload"]["id"] == webhook["id"]
    assert webhook["secret"] not in str(event)


def test_a_disabled_webhook_is_not_tested(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(enabled=False))

    response = client.post(f"/v1/webhooks/{webhook['id']}/test")

    assert (response.status_code, response.json()["code"]) == (409, "webhook_disabled")
    assert deliveries(engine) == []
    assert client.get(f"/v1/webhooks/{webhook['id']}").json()["enabled"] is False


OUTCOMES: list[dict[str, Any]] = [
    {"error": "timeout"},
    {"status": 503, "excerpt": "later"},
    {"status": 200, "excerpt": "thanks"},
]


def attempted(client: httpx.Client, engine: sa.Engine, webhook: dict[str, Any]) -> dict[str, Any]:
    """Attempts at one test event, as the webhook worker records them."""
    sent: dict[str, Any] = client.post(f"/v1/webhooks/{webhook['id']}/test").json()
    record(engine, sent["deliveryId"], OUTCOMES)
    return sent


def record(engine: sa.Engine, delivery: str, outcomes: list[dict[str, Any]]) -> None:
    owner = sa.text("SELECT organization_id, webhook_id FROM delivery WHERE id = :id")
    with engine.begin() as connection:
        delivery_id = ids.decode(ids.DELIVERY, delivery)
        its = dict(connection.execute(owner, {"id": delivery_id}).mappings().one())
        for number, outcome in enumerate(outcomes, start=1):
            values = {
                "id": ids.new(),
                "delivery_id": delivery_id,
                "number": number,
                "excerpt": "",
                "latency_ms": 17,
                "created_at": clock.now(),
            }
            connection.execute(sa.insert(Attempt).values(**its | values | outcome))


def test_every_attempt_is_listed_newest_first(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    sent = attempted(client, engine, webhook)

    third, second, first = listed(client, webhook)

    AttemptShown.model_validate(third)
    assert {one["deliveryId"] for one in (first, second, third)} == {sent["deliveryId"]}
    assert (third["number"], third["status"], third["excerpt"]) == (3, 200, "thanks")
    assert (first["number"], first["error"], first["latencyMs"]) == (1, "timeout", 17)
    assert (first["event"], first["_id"]) == ("webhook.test", first["id"])
    assert "error" not in third
    assert {"status", "excerpt"}.isdisjoint(first)


def listed(client: httpx.Client, webhook: dict[str, Any], **filters: str) -> list[dict[str, Any]]:
    response = client.get(f"/v1/webhooks/{webhook['id']}/attempts", params=filters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def test_attempts_are_found_by_how_they_ended(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    attempted(client, engine, webhook)

    delivered, failed = (listed(client, webhook, outcome=one) for one in ("delivered", "failed"))

    assert [one["number"] for one in delivered] == [3]
    assert [one["number"] for one in failed] == [2, 1]


def test_attempts_are_found_by_what_they_told_of(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    webhook = create(client)
    sent = attempted(client, engine, webhook)
    message_id = box(client).send()["id"]
    event = NewEvent(owner.id, "message.sent", {}, message_id=ids.decode(ids.MESSAGE, message_id))
    with engine.begin() as connection:
        connection.execute(*events.write([event]))
    [other] = [one for one in deliveries(engine) if one["type"] == "message.sent"]
    record(engine, ids.encode(ids.DELIVERY, other["id"]), [{"status": 200}])
    [of_message, *of_test] = listed(client, webhook)

    for filters, found in (
        ({"type": "webhook.test"}, of_test),
        ({"type": "message.sent"}, [of_message]),
        ({"deliveryId": sent["deliveryId"]}, of_test),
        ({"deliveryId": sent["deliveryId"], "outcome": "delivered"}, of_test[:1]),
        ({"eventId": ids.encode(ids.EVENT, event.id)}, [of_message]),
        ({"messageId": message_id}, [of_message]),
        ({"messageId": message_id, "type": "webhook.test"}, []),
    ):
        assert listed(client, webhook, **filters) == found


@pytest.mark.parametrize("name", ["outcome", "type", "deliveryId", "eventId", "messageId"])
def test_a_filter_that_means_nothing_is_refused(client: httpx.Client, name: str) -> None:
    response = client.get(f"/v1/webhooks/{create(client)['id']}/attempts", params={name: "x"})

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["path"] for error in response.json()["errors"]] == [name]


def test_attempts_are_listed_page_by_page_with_their_filter(
    client: httpx.Client, engine: sa.Engine
) -> None:
    webhook = create(client)
    attempted(client, engine, webhook)
    path = f"/v1/webhooks/{webhook['id']}/attempts"

    first = client.get(path, params={"limit": 1, "outcome": "failed"})
    second = client.get(first.links["next"]["url"])

    assert first.json() + second.json() == listed(client, webhook, outcome="failed")
    assert "next" not in second.links


def test_attempts_at_another_webhook_are_not_listed(
    client: httpx.Client, engine: sa.Engine
) -> None:
    sent = attempted(client, engine, create(client))
    other = create(client)

    assert listed(client, other) == []
    assert listed(client, other, deliveryId=sent["deliveryId"]) == []
