"""apply: what a set of SES's events does to the tables, in one transaction."""

from collections import Counter
from uuid import UUID

from sqlalchemy import Engine

from common import clock, tracking
from common.tracking import Sighting
from services.status.apply import Applied, apply
from services.status.parse import parse
from tests import ses
from tests.tenants import Tenant, rows

ALL = ("message.sent", "message.delivered", "message.bounced", "message.complained")


def take(engine: Engine, *bodies: str) -> Applied:
    return apply(engine, [parse(body) for body in bodies])


def message(engine: Engine, message_id: UUID) -> dict[str, object]:
    """With the transaction that wrote it (`xmin`): what is not changed is not written either."""
    return rows(engine, "SELECT *, xmin FROM message WHERE id = :id", id=message_id)[0]


def recipients(engine: Engine, message_id: UUID) -> dict[str, str]:
    query = "SELECT email, status FROM recipient WHERE message_id = :id ORDER BY position"
    return {row["email"]: row["status"] for row in rows(engine, query, id=message_id)}


def told(engine: Engine, message_id: UUID) -> list[str]:
    query = "SELECT type FROM event WHERE message_id = :id ORDER BY id"
    return [row["type"] for row in rows(engine, query, id=message_id)]


def test_an_event_moves_its_recipient_alone(engine: Engine, acme: Tenant) -> None:
    sent = acme.message("jo@example.com", "kim@example.com", external_id="ses-1")

    done = take(engine, ses.event("bounce_permanent", "ses-1", recipients=("kim@example.com",)))

    assert done.counts == Counter({("bounce", "applied"): 1})
    assert recipients(engine, sent) == {"jo@example.com": "sent", "kim@example.com": "bounced"}
    assert message(engine, sent)["status"] == "bounced"
    assert told(engine, sent) == ["message.bounced"]


def test_a_message_says_why(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")

    take(engine, ses.event("bounce_permanent", "ses-1"))

    reason = message(engine, sent)["status_reason"]
    assert reason == {
        "message": "The recipient's server refused the message for good: "
        "smtp; 550 5.1.1 user unknown",
        "type": "Permanent",
        "subType": "General",
        "diagnostic": "smtp; 550 5.1.1 user unknown",
    }
    assert rows(engine, "SELECT reason FROM recipient")[0]["reason"] == reason


def test_every_event_is_stored_once_and_raw(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")
    body = ses.from_sns(ses.event("delivery", "ses-1"))

    take(engine, body)

    [stored] = rows(engine, "SELECT * FROM feedback")
    assert (stored["kind"], stored["external_message_id"]) == ("delivery", "ses-1")
    assert (stored["organization_id"], stored["message_id"]) == (acme.id, sent)
    assert stored["applied_at"] is not None
    assert stored["raw"] == body


def test_a_duplicate_does_nothing(engine: Engine, acme: Tenant) -> None:
    acme.webhook(*ALL)
    sent = acme.message(external_id="ses-1")
    body = ses.event("delivery", "ses-1")
    first = take(engine, ses.from_sns(body), ses.from_eventbridge(body))
    before = message(engine, sent)

    again = take(engine, body, ses.from_sns(body))

    assert first.counts == Counter({("delivery", "applied"): 1, ("delivery", "duplicate"): 1})
    assert again.counts == Counter({("delivery", "duplicate"): 2})
    assert (first.deliveries, again.deliveries) == (1, 0)
    assert told(engine, sent) == ["message.delivered"]
    assert message(engine, sent) == before


def test_a_bounce_after_a_delivery_wins(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")

    take(engine, ses.event("delivery", "ses-1", minute=1))
    take(engine, ses.event("bounce_permanent", "ses-1", minute=2))

    assert recipients(engine, sent) == {"jo@example.com": "bounced"}
    assert told(engine, sent) == ["message.delivered", "message.bounced"]


def test_a_delivery_after_a_bounce_changes_nothing(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")
    take(engine, ses.event("bounce_permanent", "ses-1", minute=2))
    before = message(engine, sent), rows(engine, "SELECT * FROM recipient")

    done = take(engine, ses.event("delivery", "ses-1", minute=1))

    assert done.counts == Counter({("delivery", "applied"): 1})
    assert (message(engine, sent), rows(engine, "SELECT * FROM recipient")) == before
    assert told(engine, sent) == ["message.bounced"]


def test_events_of_one_set_are_told_in_the_order_of_ses(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")

    take(
        engine,
        ses.event("complaint", "ses-1", minute=3),
        ses.event("bounce_permanent", "ses-1", minute=2),
        ses.event("delivery", "ses-1", minute=1),
    )

    assert told(engine, sent) == ["message.delivered", "message.bounced", "message.complained"]


def test_a_tagged_event_before_the_sender_has_recorded_heals_the_message(
    engine: Engine, acme: Tenant
) -> None:
    sent = acme.message(send_state="unknown")

    take(engine, ses.event("send", "ses-1", message_id=sent))
    with engine.begin() as connection:  # then the sender comes with the same id
        [one] = tracking.lock(connection, [sent]).values()
        one.see(Sighting(sent, "sent", clock.now(), external_id="ses-1"))
        tracking.save(connection, [one])

    row = message(engine, sent)
    assert (row["send_state"], row["status"]) == ("done", "sent")
    assert row["external_message_id"] == "ses-1"
    assert told(engine, sent) == ["message.sent"]


def test_a_tagged_delivery_before_anything_else_also_tells_that_it_was_sent(
    engine: Engine, acme: Tenant
) -> None:
    sent = acme.message()

    take(engine, ses.event("delivery", "ses-1", message_id=sent))
    take(engine, ses.event("send", "ses-1", message_id=sent))

    assert told(engine, sent) == ["message.sent", "message.delivered"]
    assert recipients(engine, sent) == {"jo@example.com": "delivered"}
