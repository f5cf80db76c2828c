"""`PATCH /v1/webhooks/{id}`: what is named changes, and nothing else."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from services.api.schemas.webhooks import WebhookShown
from tests.integration.api.hooks import change_row, create, deliveries, row_of

SINCE = clock.now() - timedelta(hours=3)
FAILING = {"failures": 12, "failing_since": SINCE, "probe_at": SINCE}
FORGOTTEN = {"failures": 0, "failing_since": None, "probe_at": None}


def change(client: httpx.Client, webhook: dict[str, Any], **members: Any) -> dict[str, Any]:
    response = client.patch(f"/v1/webhooks/{webhook['id']}", json=members)
    assert response.status_code == 200, response.text
    changed: dict[str, Any] = response.json()
    WebhookShown.model_validate(changed)
    assert client.get(f"/v1/webhooks/{webhook['id']}").json() == changed
    return changed


@pytest.fixture
def webhook(client: httpx.Client) -> dict[str, Any]:
    inbox = client.post("/v1/inboxes", json={}).json()["id"]
    made = create(client, inboxIds=[inbox], description="first")
    del made["secret"]
    return made


@pytest.mark.parametrize(
    "members",
    [
        {"url": "https://example.com/other"},
        {"events": ["message.bounced", "message.sent"]},
        {"description": "second"},
        {"ordered": True},
        {"enabled": True},
        {"url": "https://example.com/third", "ordered": True},
    ],
)
def test_only_what_is_given_changes(
    client: httpx.Client, webhook: dict[str, Any], members: dict[str, Any]
) -> None:
    changed = change(client, webhook, **members)

    assert changed["updatedAt"] >= webhook["updatedAt"]
    assert changed == {**webhook, **members, "updatedAt": changed["updatedAt"]}


def test_null_takes_away_what_may_be_left_out(
    client: httpx.Client, webhook: dict[str, Any]
) -> None:
    changed = change(client, webhook, inboxIds=None, description=None)

    assert {"inboxIds", "description"}.isdisjoint(changed)


def test_other_inboxes_may_be_asked_for(client: httpx.Client, webhook: dict[str, Any]) -> None:
    other = client.post("/v1/inboxes", json={}).json()["id"]

    assert change(client, webhook, inboxIds=[other])["inboxIds"] == [other]


def test_what_happens_from_then_on_goes_to_who_asks_for_it_now(
    client: httpx.Client, engine: sa.Engine
) -> None:
    webhook = create(client, events=["inbox.deleted"])
    change(client, webhook, events=["inbox.created"])

    client.post("/v1/inboxes", json={})

    assert [one["type"] for one in deliveries(engine)] == ["inbox.created"]


def test_a_disabled_one_is_told_nothing_until_it_is_enabled_again(
    client: httpx.Client, engine: sa.Engine
) -> None:
    webhook = create(client, events=["inbox.created"])

    disabled = change(client, webhook, enabled=False)
    client.post("/v1/inboxes", json={})
    meanwhile = deliveries(engine)
    enabled = change(client, webhook, enabled=True)
    client.post("/v1/inboxes", json={})

    assert (disabled["enabled"], disabled["disabledReason"]["type"]) == (False, "owner")
    assert enabled["enabled"] is True
    assert "disabledReason" not in enabled
    assert (meanwhile, len(deliveries(engine))) == ([], 1)


@pytest.mark.parametrize(
    ("members", "left"),
    [
        ({"enabled": True}, FORGOTTEN),
        ({"url": "https://example.com/other"}, FORGOTTEN),
        ({"url": "https://example.com/hook"}, FAILING),  # the one that it had
        ({"description": "x"}, FAILING),
        ({"enabled": False}, FAILING),
    ],
)
def test_another_endpoint_and_one_that_is_enabled_begin_anew(
    client: httpx.Client, engine: sa.Engine, members: dict[str, Any], left: dict[str, Any]
) -> None:
    webhook = create(client)
    change_row(engine, webhook, **FAILING)

    change(client, webhook, **members)

    row = row_of(engine, webhook)
    assert {name: row[name] for name in left} == left


@pytest.mark.parametrize("reason", ["gone", "failing"])
def test_why_it_was_disabled_is_told_and_forgotten_when_it_is_enabled(
    client: httpx.Client, engine: sa.Engine, reason: str
) -> None:
    webhook = create(client)
    change_row(engine, webhook, enabled=False, disabled_reason=reason, **FAILING)
    shown = client.get(f"/v1/webhooks/{webhook['id']}").json()

    other = change(client, webhook, description="x")
    enabled = change(client, webhook, enabled=True)

    WebhookShown.model_validate(shown)
    assert shown["disabledReason"]["type"] == other["disabledReason"]["type"] == reason
    assert shown["failingSince"] == clock.wire(SINCE)
    assert {"disabledReason", "failingSince"}.isdisjoint(enabled)


def test_the_secret_stays_and_is_not_shown(client: httpx.Client, engine: sa.Engine) -> None:
    webhook = create(client)
    before = row_of(engine, webhook)["secret"]

    assert "secret" not in change(client, webhook, ordered=True)
    assert row_of(engine, webhook)["secret"] == before


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, ""),
        ({"url": None}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": ""}, "url"),
        ({"events": None}, "events"),
        ({"events": []}, "events"),
        ({"events": ["webhook.test"]}, "events[0]"),
        ({"inboxIds": []}, "inboxIds"),
        ({"inboxIds": [ids.encode(ids.INBOX, ids.new())]}, "inboxIds[0]"),
        ({"description": "a" * 501}, "description"),
        ({"enabled": None}, "enabled"),
        ({"ordered": 1}, "ordered"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_a_bad_member_is_refused_by_its_name_and_nothing_changes(
    client: httpx.Client, engine: sa.Engine, members: dict[str, Any], path: str
) -> None:
    webhook = create(client)
    before = row_of(engine, webhook)
    good = {"description": "new"} if members else {}

    response = client.patch(f"/v1/webhooks/{webhook['id']}", json=good | members)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["path"] for error in response.json()["errors"]] == [path]
    assert row_of(engine, webhook) == before


def test_an_inbox_of_another_is_no_inbox(
    client: httpx.Client, stranger: httpx.Client, webhook: dict[str, Any]
) -> None:
    theirs = stranger.post("/v1/inboxes", json={}).json()["id"]

    response = client.patch(f"/v1/webhooks/{webhook['id']}", json={"inboxIds": [theirs]})

    assert [error["path"] for error in response.json()["errors"]] == ["inboxIds[0]"]
