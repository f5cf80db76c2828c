"""events.write: an event, and a delivery for exactly the endpoints that asked for it."""

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import clock, events, ids
from common.events import NewEvent
from tests.tenants import Tenant, rows, tenant


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)


def write(engine: Engine, *told: NewEvent) -> int:
    with engine.begin() as connection:
        return connection.execute(*events.write(list(told))).rowcount


def of(owner: Tenant, kind: str = "message.sent", inbox: bool = True) -> NewEvent:
    return NewEvent(owner.id, kind, {"id": "msg_1"}, owner.inbox_id if inbox else None)


def asked(engine: Engine) -> set[object]:
    return {row["webhook_id"] for row in rows(engine, "SELECT webhook_id FROM delivery")}


def test_every_endpoint_that_asked_gets_a_delivery(engine: Engine, acme: Tenant) -> None:
    both = {acme.webhook("message.sent"), acme.webhook("message.sent", "message.bounced")}

    assert write(engine, of(acme)) == 2
    assert asked(engine) == both


def test_an_endpoint_that_asked_for_other_events_gets_none(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.bounced")

    assert write(engine, of(acme)) == 0


def test_an_endpoint_of_one_inbox_hears_of_that_inbox_alone(engine: Engine, acme: Tenant) -> None:
    mine = acme.webhook("message.sent", inbox_ids=[acme.inbox_id])
    acme.webhook("message.sent", inbox_ids=[ids.new()])
    acme.webhook("message.sent", inbox_ids=[])

    assert write(engine, of(acme)) == 1
    assert asked(engine) == {mine}


def test_an_event_of_no_inbox_goes_to_endpoints_of_all_inboxes(
    engine: Engine, acme: Tenant
) -> None:
    every = acme.webhook("domain.verified")
    acme.webhook("domain.verified", inbox_ids=[acme.inbox_id])

    assert write(engine, of(acme, "domain.verified", inbox=False)) == 1
    assert asked(engine) == {every}


def test_endpoints_that_are_disabled_or_deleted_get_none(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.sent", enabled=False)
    deleted = acme.webhook("message.sent")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE webhook SET deleted_at = now() WHERE id = :id"), {"id": deleted}
        )

    assert write(engine, of(acme)) == 0


def test_another_organization_hears_nothing(engine: Engine, acme: Tenant) -> None:
    other = tenant(engine)
    other.webhook("message.sent")
    other.webhook("message.sent", inbox_ids=[acme.inbox_id])

    assert write(engine, of(acme)) == 0


def test_events_of_many_in_one_statement_do_not_mix(engine: Engine, acme: Tenant) -> None:
    other = tenant(engine)
    acme.webhook("message.sent")
    other.webhook("message.sent")

    assert write(engine, of(acme), of(other), of(acme)) == 3

    crossed = """
        SELECT * FROM delivery d JOIN event e ON e.id = d.event_id JOIN webhook w
        ON w.id = d.webhook_id WHERE w.organization_id <> e.organization_id
        OR d.organization_id <> e.organization_id
    """
    assert rows(engine, crossed) == []


def test_a_delivery_is_due_at_once_and_nobodys(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.sent")
    told = of(acme)

    write(engine, told)

    [delivery] = rows(engine, "SELECT *, due_at <= now() AS due FROM delivery")
    assert delivery["event_id"] == told.id
    assert delivery["due"]
    assert (delivery["state"], delivery["attempts"], delivery["lease_until"]) == (
        "pending",
        0,
        None,
    )


def test_ids_of_deliveries_are_of_their_time_and_version(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.sent")
    began = clock.now().timestamp()

    write(engine, *(of(acme) for _ in range(50)))

    made = [row["id"] for row in rows(engine, "SELECT id FROM delivery")]
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert min(made) >= ids.first_at(began - 1)
    assert max(made) <= ids.first_at(clock.now().timestamp() + 1)


def test_a_payload_is_kept_as_it_was(engine: Engine, acme: Tenant) -> None:
    payload = {"subject": "Grüße \\ \" ' %s :x 😀", "nested": {"n": [1, None, True]}}

    write(engine, NewEvent(acme.id, "message.sent", payload))

    assert rows(engine, "SELECT payload FROM event") == [{"payload": payload}]


def test_a_test_event_is_nobodys_wish(engine: Engine, acme: Tenant) -> None:
    acme.webhook(*events.DESCRIPTIONS)

    assert write(engine, of(acme, events.TEST)) == 0
