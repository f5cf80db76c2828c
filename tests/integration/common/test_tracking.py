"""tracking: lock, see, save; the one way in which recipients and messages move."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import clock, tracking
from common.tracking import Sighting
from tests import ses
from tests.tenants import Tenant, rows, tenant

JO, KIM = ses.JO, ses.KIM


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)


def see(engine: Engine, *sightings: Sighting) -> int:
    with engine.begin() as connection:
        tracked = tracking.lock(connection, {one.message_id for one in sightings})
        for one in sightings:
            tracked[one.message_id].see(one)
        return tracking.save(connection, tracked.values())


def sighting(
    message_id: UUID,
    status: str,
    *emails: str,
    minute: int = 0,
    external_id: str | None = None,
    words: str | None = None,
) -> Sighting:
    at = ses.NOON + timedelta(minutes=minute)
    reason = {"message": words, "type": "x"} if words else None
    return Sighting(message_id, status, at, emails or None, reason, external_id)


def recipients(engine: Engine) -> list[tuple[str, str]]:
    found = rows(engine, "SELECT email, status FROM recipient ORDER BY message_id, position")
    return [(row["email"], row["status"]) for row in found]


def told(engine: Engine) -> list[str]:
    return [row["type"] for row in rows(engine, "SELECT type FROM event ORDER BY id")]


def test_a_sighting_of_all_moves_all(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(JO, KIM)

    see(engine, sighting(sent, "sent", external_id="ses-1"))

    assert recipients(engine) == [(JO, "sent"), (KIM, "sent")]
    [message] = rows(engine, "SELECT * FROM message")
    assert (message["status"], message["send_state"]) == ("sent", "done")
    assert message["external_message_id"] == "ses-1"
    assert told(engine) == ["message.sent"]


def test_an_address_is_known_in_any_case(engine: Engine, acme: Tenant) -> None:
    sent = acme.message("Jo@Example.com", KIM, external_id="ses-1")

    see(engine, sighting(sent, "delivered", JO))

    assert recipients(engine) == [("Jo@Example.com", "delivered"), (KIM, "sent")]


def test_the_message_has_the_status_and_the_reason_of_its_gravest_recipient(
    engine: Engine, acme: Tenant
) -> None:
    sent = acme.message(JO, KIM, external_id="ses-1")

    see(engine, sighting(sent, "bounced", KIM, words="user unknown"))
    see(engine, sighting(sent, "delivered", JO))

    [message] = rows(engine, "SELECT * FROM message")
    assert message["status"] == "bounced"
    assert message["status_reason"]["message"] == "user unknown"


def test_an_event_carries_the_message_as_it_then_was_without_its_bodies(
    engine: Engine, acme: Tenant
) -> None:
    sent = acme.message(JO, KIM, external_id="ses-1")

    see(engine, sighting(sent, "delivered", JO), sighting(sent, "bounced", KIM, words="no"))

    first, second = [row["payload"] for row in rows(engine, "SELECT * FROM event ORDER BY id")]
    assert [one["status"] for one in first["recipients"]] == ["delivered", "sent"]
    assert [one["status"] for one in second["recipients"]] == ["delivered", "bounced"]
    assert (first["status"], second["status"]) == ("delivered", "bounced")
    assert "text" not in first
    assert "statusReason" not in first


def test_a_repeated_sighting_writes_nothing_new(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.delivered")
    sent = acme.message(external_id="ses-1")
    first = see(engine, sighting(sent, "delivered", JO))
    before = rows(engine, "SELECT * FROM recipient")

    assert (first, see(engine, sighting(sent, "delivered", JO))) == (1, 0)
    assert told(engine) == ["message.delivered"]
    assert rows(engine, "SELECT * FROM recipient") == before


def test_of_two_at_one_moment_the_same_stays_whichever_comes_first(
    engine: Engine, acme: Tenant
) -> None:
    """jsonb gives a reason's members back in an order of its own."""
    one, other = acme.message(external_id="ses-1"), acme.message(external_id="ses-2")

    for words in ("a", "b"):
        see(engine, sighting(one, "bounced", JO, words=words))
    for words in ("b", "a"):
        see(engine, sighting(other, "bounced", JO, words=words))

    first, second = rows(engine, "SELECT reason FROM recipient")
    assert first == second


def test_unknown_messages_are_left_out(engine: Engine, acme: Tenant) -> None:
    sent = acme.message()

    with engine.begin() as connection:
        assert set(tracking.lock(connection, [sent, uuid4()])) == {sent}
        assert tracking.lock(connection, []) == {}


def test_nothing_is_saved_of_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        assert tracking.save(connection, []) == 0


def test_two_organizations_do_not_mix(engine: Engine, acme: Tenant) -> None:
    other = tenant(engine)
    acme.webhook("message.bounced")
    mine, theirs = acme.message(external_id="ses-1"), other.message(external_id="ses-2")

    deliveries = see(engine, sighting(theirs, "bounced", JO), sighting(mine, "delivered", JO))

    query = "SELECT organization_id, message_id, type FROM event ORDER BY type"
    assert rows(engine, query) == [
        {"organization_id": other.id, "message_id": theirs, "type": "message.bounced"},
        {"organization_id": acme.id, "message_id": mine, "type": "message.delivered"},
    ]
    assert deliveries == 0


def test_a_second_external_id_is_noticed_and_the_first_stays(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(external_id="ses-1")

    with engine.begin() as connection:
        [tracked] = tracking.lock(connection, [sent]).values()
        tracked.see(Sighting(sent, "sent", clock.now(), external_id="ses-2"))
        tracking.save(connection, [tracked])

    assert tracked.doubly_sent
    assert rows(engine, "SELECT external_message_id FROM message") == [
        {"external_message_id": "ses-1"}
    ]
    assert told(engine) == []


def test_a_healed_message_is_no_senders_any_more(engine: Engine, acme: Tenant) -> None:
    sent = acme.message(send_state="unknown")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE recipient SET status = 'unknown'"))

    see(engine, sighting(sent, "delivered", JO, external_id="ses-1"))

    [message] = rows(engine, "SELECT * FROM message")
    assert (message["send_state"], message["status"]) == ("done", "delivered")
    assert told(engine) == ["message.sent", "message.delivered"]
