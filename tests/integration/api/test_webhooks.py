import base64
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from common.settings import Settings
from common.vault import Vault
from services.api.schemas.webhooks import WebhookShown, WebhookWithSecret
from tests.integration.api.hooks import URL, create, deliveries, row_of, uuid_of


def test_the_secret_is_shown_once(client: httpx.Client) -> None:
    webhook = create(client)

    WebhookWithSecret.model_validate(webhook)
    secret = webhook.pop("secret")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    WebhookShown.model_validate(webhook)
    assert client.get(f"/v1/webhooks/{webhook['id']}").json() == webhook
    assert client.get("/v1/webhooks").json() == [webhook]


def test_a_webhook_is_what_was_asked_for(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={}).json()

    webhook = create(
        client,
        events=["message.sent", "message.bounced", "message.sent"],
        inboxIds=[inbox["id"], inbox["id"]],
    )

    assert webhook["url"] == URL
    assert webhook["events"] == ["message.sent", "message.bounced"]
    assert webhook["inboxIds"] == [inbox["id"]]
    assert webhook["enabled"] is True
    assert webhook["ordered"] is False
    assert {"description", "disabledReason", "failingSince"}.isdisjoint(webhook)


def test_an_endpoint_may_be_described_and_ask_for_order(client: httpx.Client) -> None:
    webhook = create(client, description="The shop's", ordered=True)

    assert (webhook["description"], webhook["ordered"]) == ("The shop's", True)


def test_the_secret_is_sealed_in_the_table(
    client: httpx.Client, engine: sa.Engine, settings: Settings
) -> None:
    webhook = create(client)
    row = row_of(engine, webhook)

    assert webhook["secret"].removeprefix("whsec_") not in str(row)
    assert Vault.of(settings).open(row["secret"], row["id"]) == webhook["secret"]


def test_what_is_left_out_means_all_inboxes(client: httpx.Client) -> None:
    assert "inboxIds" not in create(client)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://a:b@example.com/"}, "url"),
        ({"url": "https://example.com/" + "a" * 2048}, "url"),
        ({"url": "https://example.com/\n"}, "url"),
        ({"url": None}, "url"),
        ({"events": []}, "events"),
        ({"events": ["message.sent", "message.lost"]}, "events[1]"),
        ({"events": ["webhook.test"]}, "events[0]"),
        ({"events": "message.sent"}, "events"),
        ({"inboxIds": []}, "inboxIds"),
        ({"inboxIds": ["inbox_nothing"]}, "inboxIds[0]"),
        ({"inboxIds": [ids.encode(ids.INBOX, ids.new())]}, "inboxIds[0]"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"description": "a" * 501}, "description"),
        ({"ordered": "yes"}, "ordered"),
        ({"enabled": False}, "enabled"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(
    client: httpx.Client, change: dict[str, Any], path: str
) -> None:
    response = client.post("/v1/webhooks", json={"url": URL, "events": ["message.sent"]} | change)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "validation_failed")
    assert [error["path"] for error in problem["errors"]] == [path]
    assert client.get("/v1/webhooks").json() == []


def test_an_inbox_of_another_organization_is_no_inbox(
    client: httpx.Client, stranger: httpx.Client
) -> None:
    mine = client.post("/v1/inboxes", json={}).json()["id"]
    body = {"url": URL, "events": ["message.sent"], "inboxIds": [mine]}
    nothing = body | {"inboxIds": [ids.encode(ids.INBOX, ids.new())]}

    refused, unknown = (stranger.post("/v1/webhooks", json=one).json() for one in (body, nothing))

    assert refused["errors"] == unknown["errors"]
    assert [error["path"] for error in refused["errors"]] == ["inboxIds[0]"]


class TestLocalMode:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"webhook_allow_private": True})

    def test_http_and_private_addresses_are_allowed(self, client: httpx.Client) -> None:
        assert create(client, url="http://127.0.0.1:9/hook")["url"] == "http://127.0.0.1:9/hook"


def test_an_event_is_for_those_who_asked_for_it(client: httpx.Client, engine: sa.Engine) -> None:
    asked = create(client, events=["inbox.created"])
    create(client, events=["inbox.deleted"])

    client.post("/v1/inboxes", json={})

    [delivery] = deliveries(engine)
    assert (str(delivery["webhook_id"]), delivery["state"]) == (uuid_of(asked), "pending")


def test_a_deleted_webhook_is_given_back_and_told_nothing_more(
    client: httpx.Client, engine: sa.Engine
) -> None:
    webhook = create(client, events=["inbox.created"])
    del webhook["secret"]
    path = f"/v1/webhooks/{webhook['id']}"

    deleted = client.delete(path)
    client.post("/v1/inboxes", json={})

    assert (deleted.status_code, deleted.json()) == (200, webhook)
    assert deliveries(engine) == []
    assert client.get("/v1/webhooks").json() == []
    for again in (client.get(path), client.delete(path), client.post(f"{path}/test")):
        assert (again.status_code, again.json()["code"]) == (404, "webhook_not_found")
