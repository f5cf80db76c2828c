"""`POST /v1/webhooks/{id}/replay`: what was missed is due again, under the same `webhook-id`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from services.api import replay as taken
from tests.integration.api.hooks import create, uuid_of
from tests.integration.api.past import LONG_AGO, Past, replay
from tests.integration.api.serving import Organization
from tests.tenants import WAITING, rows
from tests.waiting import eventually


@pytest.fixture
def webhook(client: httpx.Client) -> dict[str, Any]:
    return create(client, events=["message.sent"])


@pytest.fixture
def past(engine: sa.Engine, owner: Organization) -> Past:
    return Past(engine, owner)


@pytest.mark.parametrize("state", ["exhausted", "cancelled", "delivered"])
def test_one_delivery_begins_anew_whatever_became_of_it(
    client: httpx.Client, webhook: dict[str, Any], past: Past, state: str
) -> None:
    first, other = past.happens("message.sent", "message.sent")
    for event in (first, other):
        past.ends(event, state)
    before = past.deliveries()

    answer = replay(client, webhook, deliveryId=past.delivery_id(first))

    assert answer["deliveries"] == 1
    mine, theirs = past.deliveries()
    anew = {
        "state": "pending",
        "attempts": 0,
        "is_due": True,
        "finished_at": None,
        "lease_token": None,
        "lease_until": None,
    }
    assert {name: mine[name] for name in anew} == anew
    for name in ("id", "event_id", "webhook_id", "created_at"):  # so its webhook-id is the same
        assert mine[name] == before[0][name]
    assert theirs == before[1]


def test_what_is_pending_keeps_its_turn(
    client: httpx.Client, webhook: dict[str, Any], past: Past
) -> None:
    [event] = past.happens("message.sent")
    leased = past.deliveries()

    one = replay(client, webhook, deliveryId=past.delivery_id(event))
    every = [replay(client, webhook, since=LONG_AGO, which=which) for which in ("failed", "all")]

    assert [answer["deliveries"] for answer in (one, *every)] == [0, 0, 0]
    assert past.deliveries() == leased


@pytest.mark.parametrize("which", ["failed", "all"])
def test_of_two_replays_at_once_one_finds_nothing_to_do(
    client: httpx.Client, webhook: dict[str, Any], engine: sa.Engine, past: Past, which: str
) -> None:
    [event] = past.happens("message.sent")
    past.ends(event, "exhausted")
    other = sa.text("UPDATE delivery SET state = 'pending', attempts = 3")

    with ThreadPoolExecutor(1) as pool, engine.connect() as connection:
        connection.execute(other)
        answer = pool.submit(replay, client, webhook, since=LONG_AGO, which=which)
        eventually(lambda: rows(engine, WAITING))
        connection.commit()

    assert answer.result()["deliveries"] == 0
    assert [row["attempts"] for row in past.deliveries()] == [3]


def test_all_that_failed_since_a_time(
    client: httpx.Client, webhook: dict[str, Any], past: Past
) -> None:
    happened = past.happens(*["message.sent"] * 5)
    for event, state in zip(
        happened, ("exhausted", "cancelled", "exhausted", "delivered", "cancelled"), strict=True
    ):
        past.ends(event, state)
    create(client, events=["message.sent"])

    answer = replay(client, webhook, since=clock.wire(happened[1].created_at))

    assert answer == {"success": True, "deliveries": 3}
    assert list(past.states().values()) == [
        "exhausted",
        "pending",
        "pending",
        "delivered",
        "pending",
    ]


def test_a_range_ends_before_its_end(
    client: httpx.Client, webhook: dict[str, Any], past: Past
) -> None:
    happened = past.happens(*["message.sent"] * 3)
    for event in happened:
        past.ends(event, "exhausted")

    replay(
        client,
        webhook,
        since=clock.wire(happened[0].created_at),
        until=clock.wire(happened[2].created_at),
    )

    assert list(past.states().values()) == ["pending", "pending", "exhausted"]


def test_all_that_happened_is_delivered_also_what_never_had_a_delivery(
    client: httpx.Client, past: Past
) -> None:
    before, other = past.happens("message.sent", "message.bounced")
    webhook = create(client, events=["message.sent"])
    delivered, failed = past.happens("message.sent", "message.sent")
    past.ends(delivered, "delivered")
    past.ends(failed, "exhausted")

    answer = replay(client, webhook, since=LONG_AGO, which="all")
    again = replay(client, webhook, since=LONG_AGO, which="all")

    assert (answer["deliveries"], again["deliveries"]) == (3, 0)
    assert past.states() == {e.id: "pending" for e in (before, delivered, failed)}
    assert other.id not in past.states()
    assert {str(row["webhook_id"]) for row in past.deliveries()} == {uuid_of(webhook)}
    assert all(row["is_due"] and row["attempts"] == 0 for row in past.deliveries())


def test_all_means_of_the_inboxes_that_the_webhook_asked_for(
    client: httpx.Client, past: Past
) -> None:
    mine, other = (client.post("/v1/inboxes", json={}).json()["id"] for _ in range(2))
    of_inbox = {one: ids.decode(ids.INBOX, one) for one in (mine, other)}
    [wanted] = past.happens("message.sent", inbox_id=of_inbox[mine])
    past.happens("message.sent", inbox_id=of_inbox[other])
    past.happens("message.sent")
    webhook = create(client, events=["message.sent"], inboxIds=[mine])

    assert replay(client, webhook, since=LONG_AGO, which="all")["deliveries"] == 1

    assert list(past.states()) == [wanted.id]


@pytest.mark.parametrize(("is_ordered", "key"), [(True, "thread_1"), (False, None)])
def test_who_asks_for_order_gets_it_in_a_replay_too(
    client: httpx.Client, past: Past, is_ordered: bool, key: str | None
) -> None:
    past.happens("message.sent")
    webhook = create(client, events=["message.sent"], ordered=not is_ordered)
    [failed] = past.happens("message.sent")
    past.ends(failed, "exhausted")
    client.patch(f"/v1/webhooks/{webhook['id']}", json={"ordered": is_ordered})

    replay(client, webhook, since=LONG_AGO)
    replay(client, webhook, since=LONG_AGO, which="all")

    assert [row["order_key"] for row in past.deliveries()] == [key, key]


def test_more_than_one_call_takes_is_taken_by_the_next(
    client: httpx.Client,
    webhook: dict[str, Any],
    engine: sa.Engine,
    owner: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = 100  # ten thousand take a busy machine longer than an answer may
    monkeypatch.setattr(taken, "MOST", most)
    many = sa.text("""
        INSERT INTO event (id, organization_id, type, payload, created_at)
        SELECT postroom_uuid7(), :owner, 'message.sent', '{}', now() FROM generate_series(1, :many)
    """)
    late = sa.text("SELECT id FROM event ORDER BY id OFFSET :most LIMIT 1")
    with engine.begin() as connection:
        connection.execute(many, {"owner": owner.id, "many": most - 5})
    with engine.begin() as connection:
        connection.execute(many, {"owner": owner.id, "many": 20})
    with engine.connect() as connection:
        left_out = connection.execute(late, {"most": most}).scalar_one()

    first = replay(client, webhook, since=LONG_AGO, which="all")
    second = replay(client, webhook, since=first["nextSince"], which="all")

    assert (first["deliveries"], second) == (most, {"success": True, "deliveries": 15})
    assert datetime.fromisoformat(first["nextSince"]).timestamp() * 1000 == pytest.approx(
        left_out.int >> 80
    )
