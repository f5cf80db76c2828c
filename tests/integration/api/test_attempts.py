"""Test events, and what became of every try."""

from typing import Any

import httpx
import sqlalchemy as sa

from common import clock, ids
from common.models import Attempt, Webhook
from services.api.schemas.webhooks import AttemptShown, SentTest
from tests.integration.api.hooks import create, deliveries, uuid_of


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


OUTCOMES: list[dict[str, Any]] = [{"error": "timeout"}, {"status": 200, "excerpt": "thanks"}]


def attempted(client: httpx.Client, engine: sa.Engine, webhook: dict[str, Any]) -> dict[str, Any]:
    """Two attempts at one test event, as the webhook worker records them."""
    sent: dict[str, Any] = client.post(f"/v1/webhooks/{webhook['id']}/test").json()
    with engine.begin() as connection:
        organization_id = connection.execute(sa.text("SELECT id FROM organization")).scalar_one()
        for number, outcome in enumerate(OUTCOMES, start=1):
            values = {
                "id": ids.new(),
                "organization_id": organization_id,
                "delivery_id": ids.decode(ids.DELIVERY, sent["deliveryId"]),
                "webhook_id": uuid_of(webhook),
                "number": number,
                "excerpt": "",
                "latency_ms": 17,
                "created_at": clock.now(),
            }
            connection.execute(sa.insert(Attempt).values(**values | outcome))
    return sent


def test_every_attempt_is_listed_newest_first(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    sent = attempted(client, engine, webhook)

    path = f"/v1/webhooks/{webhook['id']}/attempts"
    second, first = client.get(path).json()

    AttemptShown.model_validate(second)
    assert {second["deliveryId"], first["deliveryId"]} == {sent["deliveryId"]}
    assert (second["number"], second["status"], second["excerpt"]) == (2, 200, "thanks")
    assert (first["number"], first["error"], first["latencyMs"]) == (1, "timeout", 17)
    assert (first["event"], first["_id"]) == ("webhook.test", first["id"])
    assert "error" not in second
    assert {"status", "excerpt"}.isdisjoint(first)


def test_attempts_are_listed_page_by_page(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    attempted(client, engine, webhook)
    path = f"/v1/webhooks/{webhook['id']}/attempts"

    first = client.get(path, params={"limit": 1})
    second = client.get(first.links["next"]["url"])

    assert first.json() + second.json() == client.get(path).json()
    assert "next" not in second.links


def test_attempts_at_another_webhook_are_not_listed(
    client: httpx.Client, engine: sa.Engine
) -> None:
    attempted(client, engine, create(client))

    assert client.get(f"/v1/webhooks/{create(client)['id']}/attempts").json() == []
