"""apply: what is kept although it moves nobody, and what does not fit."""

from collections import Counter
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

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


@pytest.mark.parametrize("name", ["open", "click", "subscription", "complaint_not_spam"])
def test_what_moves_nobody_is_kept_with_its_message(
    engine: Engine, acme: Tenant, name: str
) -> None:
    sent = acme.message(external_id="ses-1")

    done = take(engine, ses.event(name, "ses-1"))

    kind = name.partition("_")[0]
    assert done.counts == Counter({(kind, "noted"): 1})
    assert rows(engine, "SELECT message_id FROM feedback") == [{"message_id": sent}]
    assert told(engine, sent) == []


def test_a_bounce_of_an_address_that_nobody_wrote_to_moves_nobody(
    engine: Engine, acme: Tenant
) -> None:
    sent = acme.message("jo@example.com", "kim@example.com", external_id="ses-1")

    done = take(engine, ses.event("bounce_permanent", "ses-1", recipients=("lee@example.org",)))

    assert done.counts == Counter({("bounce", "nobody"): 1})
    assert recipients(engine, sent) == {"jo@example.com": "sent", "kim@example.com": "sent"}


def test_a_bounce_of_an_alias_is_of_the_only_recipient(engine: Engine, acme: Tenant) -> None:
    sent = acme.message("jo@example.com", external_id="ses-1")

    take(engine, ses.event("bounce_permanent", "ses-1", recipients=("j.doe@example.com",)))

    assert recipients(engine, sent) == {"jo@example.com": "bounced"}


def test_what_is_no_event_is_kept(engine: Engine) -> None:
    done = take(engine, "hello", "hello", "\0", ses.recorded("sns_topic_validated"))

    assert done.counts == Counter(
        {("unreadable", "kept"): 2, ("unreadable", "duplicate"): 1, ("notice", "kept"): 1}
    )
    kept = rows(engine, "SELECT kind, raw FROM feedback WHERE applied_at IS NULL ORDER BY kind")
    assert [row["kind"] for row in kept] == ["notice", "unreadable", "unreadable"]
    assert "hello" in {row["raw"] for row in kept}


def test_a_second_mail_of_a_message_is_counted_once(engine: Engine, acme: Tenant) -> None:
    counted = REGISTRY.get_sample_value("postroom_double_sends_total") or 0
    sent = acme.message(external_id="ses-1")

    take(engine, ses.event("send", "ses-1", message_id=sent))
    take(engine, ses.event("delivery", "ses-2", message_id=sent))
    take(engine, ses.event("send", "ses-2", message_id=sent))

    assert REGISTRY.get_sample_value("postroom_double_sends_total") == counted + 1
    assert message(engine, sent)["external_message_id"] == "ses-1"
    assert recipients(engine, sent) == {"jo@example.com": "delivered"}
