"""What an endpoint is told, by whom, and who hears of what."""

import time
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import WebhookVerificationError

from common import clock, ids, resources
from common.models import Webhook
from common.queue import WEBHOOKS
from services.webhooks import signing
from tests.integration.builders import (
    SECRET,
    VAULT,
    Tenant,
    deliveries_of,
    event,
    events_of,
    message,
    reread,
    tenant,
    webhook,
)
from tests.integration.webhooks.delivering import Delivering, deliver, make_due, saying, verified
from tests.integration.webhooks.endpoint import ANSWER, answering, serve
from tests.waiting import eventually


def test_an_event_is_told_as_the_contract_says(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    about = message(engine, acme, text="Plain.", html="<p>Größe</p>")
    payload = {"id": ids.encode(ids.MESSAGE, about.id), "status": "sent"}
    with serve(answering(ANSWER)) as endpoint:
        webhook(engine, acme, endpoint.url)
        told = event(engine, acme, payload=payload, message_id=about.id)

        assert deliver(deliverer) == 1

    headers, body = verified(endpoint.requests[0])
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == body["id"] == ids.encode(ids.EVENT, told.id)
    assert body == {
        "id": ids.encode(ids.EVENT, told.id),
        "event": "message.sent",
        "timestamp": clock.wire(told.created_at),
        "organizationId": ids.encode(ids.ORGANIZATION, acme.organization.id),
        "inboxId": ids.encode(ids.INBOX, acme.inbox.id),
        "messageId": payload["id"],
        "payload": payload | {"text": "Plain.", "html": "<p>Größe</p>"},
    }


def test_a_retry_has_the_same_id_and_a_signature_of_its_own_time(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(saying(500))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        deliver(deliverer)
        began = int(time.time())
        eventually(lambda: int(time.time()) > began)
        make_due(engine)
        deliver(deliverer)

    (first, body), (second, again) = map(verified, endpoint.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(first["webhook-timestamp"]) < int(second["webhook-timestamp"])
    assert first["webhook-signature"] != second["webhook-signature"]
    assert body == again


def test_410_ends_the_endpoint_and_tells_the_others(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant, rings: list[str]
) -> None:
    with serve(answering(saying(410))) as endpoint, serve(answering(ANSWER)) as other:
        gone = webhook(engine, acme, endpoint.url, "message.sent", "webhook.disabled")
        webhook(engine, acme, other.url, "webhook.disabled")
        event(engine, acme)
        event(engine, acme)

        deliver(deliverer)
        assert rings == [WEBHOOKS]
        assert deliver(deliverer) == 1

    assert reread(engine, gone).enabled is False
    _, body = verified(other.requests[0])
    assert body["event"] == "webhook.disabled"
    assert body["payload"] == resources.webhook(reread(engine, gone).model_dump())
    assert "inboxId" not in body
    assert {one.state for one in deliveries_of(engine, acme)} == {"cancelled", "delivered"}
    assert [one.type for one in events_of(engine, acme)].count("webhook.disabled") == 1


def test_each_organization_hears_of_its_own(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    stranger = tenant(engine)
    with serve(answering(ANSWER)) as ours, serve(answering(saying(500))) as theirs:
        webhook(engine, acme, ours.url)
        webhook(engine, stranger, theirs.url)
        event(engine, acme)

        assert deliver(deliverer) == 1

    assert (ours.visits, theirs.visits) == (1, 0)
    assert deliveries_of(engine, stranger) == []


def test_while_a_secret_is_rotated_the_old_and_the_new_one_verify(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    fresh = signing.new_secret()
    with serve(answering(ANSWER)) as endpoint:
        hook = webhook(engine, acme, endpoint.url)
        rotate(engine, hook, fresh, clock.now() + timedelta(hours=24))
        event(engine, acme)
        deliver(deliverer)

    verified(endpoint.requests[0], SECRET)
    verified(endpoint.requests[0], fresh)


def test_an_old_secret_whose_time_is_over_does_not_sign(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    fresh = signing.new_secret()
    with serve(answering(ANSWER)) as endpoint:
        hook = webhook(engine, acme, endpoint.url)
        rotate(engine, hook, fresh, clock.now() - timedelta(seconds=1))
        event(engine, acme)
        deliver(deliverer)

    verified(endpoint.requests[0], fresh)
    with pytest.raises(WebhookVerificationError):
        verified(endpoint.requests[0], SECRET)


def rotate(engine: sa.Engine, hook: Webhook, fresh: str, until: datetime) -> None:
    sealed = {"secret": VAULT.seal(fresh, hook.id), "old_secret": hook.secret}
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(old_secret_until=until, **sealed))
