"""`POST /v1/webhooks/{id}/replay`: what was missed is due again, under the same `webhook-id`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from common import clock, events, ids
from common.events import NewEvent
from common.models import Delivery
from services.api.replay import MOST
from services.api.schemas.replay import ReplayShown
from tests.integration.api.hooks import change_row, create, uuid_of
from tests.integration.api.serving import Organization
from tests.tenants import WAITING, rows
from tests.waiting import eventually

NOW = clock.now()
LONG_AGO = clock.wire(NOW - timedelta(days=2))
MINUTE = timedelta(minutes=1)
DONE = {"attempts": 10, "finished_at": NOW, "due_at": NOW + MINUTE, "lease_token": ids.new()}


def replay(client: httpx.Client, webhook: dict[str, Any], **body: str) -> dict[str, Any]:
    response = client.post(f"/v1/webhooks/{webhook['id']}/replay", json=body)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    ReplayShown.model_validate(answer)
    assert answer["success"] is True
    return answer


@pytest.fixture
def webhook(client: httpx.Client) -> dict[str, Any]:
    return create(client, events=["message.sent"])


class Past:
    """What happened to an organization, at a minute's distance from one another."""

    def __init__(self, engine: sa.Engine, owner: Organization) -> None:
        self.engine = engine
        self.owner = owner

    def happens(self, *kinds: str, **members: Any) -> list[NewEvent]:
        """The last of them happened just now."""
        times = [NOW - MINUTE * ago for ago in reversed(range(len(kinds)))]
        told = [self._event(kind, at, members) for kind, at in zip(kinds, times, strict=True)]
        with self.engine.begin() as connection:
            connection.execute(*events.write(told))
        return told

    def _event(self, kind: str, at: datetime, members: dict[str, Any]) -> NewEvent:
        event_id = ids.first_at(at.timestamp() + 0.0005).int | ids.new().int % (1 << 64)
        payload = {"threadId": "thread_1"}
        return NewEvent(
            self.owner.id, kind, payload, created_at=at, id=UUID(int=event_id), **members
        )

    def ends(self, event: NewEvent, state: str) -> None:
        values = {"state": state, **({} if state == "pending" else DONE)}
        changed = sa.update(Delivery).where(Delivery.__table__.c.event_id == event.id)  # type: ignore[attr-defined]
        with self.engine.begin() as connection:
            connection.execute(changed.values(**values))

    def states(self) -> dict[Any, str]:
        return {row["event_id"]: row["state"] for row in self.deliveries()}

    def deliveries(self) -> list[dict[str, Any]]:
        query = sa.text("SELECT *, due_at <= now() AS is_due FROM delivery ORDER BY event_id")
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def delivery_id(self, event: NewEvent) -> str:
        [found] = [row["id"] for row in self.deliveries() if row["event_id"] == event.id]
        return ids.encode(ids.DELIVERY, found)


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
    client: httpx.Client, webhook: dict[str, Any], engine: sa.Engine, owner: Organization
) -> None:
    many = sa.text("""
        INSERT INTO event (id, organization_id, type, payload, created_at)
        SELECT postroom_uuid7(), :owner, 'message.sent', '{}', now() FROM generate_series(1, :many)
    """)
    late = sa.text("SELECT id FROM event ORDER BY id OFFSET :most LIMIT 1")
    with engine.begin() as connection:
        connection.execute(many, {"owner": owner.id, "many": MOST - 5})
    with engine.begin() as connection:
        connection.execute(many, {"owner": owner.id, "many": 20})
    with engine.connect() as connection:
        left_out = connection.execute(late, {"most": MOST}).scalar_one()

    first = replay(client, webhook, since=LONG_AGO, which="all")
    second = replay(client, webhook, since=first["nextSince"], which="all")

    assert (first["deliveries"], second) == (MOST, {"success": True, "deliveries": 15})
    assert datetime.fromisoformat(first["nextSince"]).timestamp() * 1000 == pytest.approx(
        left_out.int >> 80
    )


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
