"""Tracked: what one sighting makes of a locked message, in memory."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from common import ids
from common.tracking import Sighting, Tracked
from tests import ses

JO, KIM = ses.JO, ses.KIM


def tracked(*emails: str, external_id: str | None = "ses-1") -> Tracked:
    """A message that SES has, or without `external_id` may have."""
    status = "sent" if external_id else "queued"
    began = ses.NOON - timedelta(hours=1)
    recipient: dict[str, Any] = {"kind": "to", "name": "", "status": status, "reason": None}
    moments = {"status_at": began.isoformat(), "updated_at": began.isoformat()}
    row = dict.fromkeys(("id", "organization_id", "inbox_id", "thread_id"), ids.new())
    return Tracked(
        row
        | {
            "direction": "outbound",
            "from_email": "support@acme.example",
            "from_name": "",
            "reply_to": [],
            "subject": "Hello",
            "labels": [],
            "in_reply_to_id": None,
            "attachments": None,
            "external_message_id": external_id,
            "status": status,
            "status_reason": None,
            "send_state": "done" if external_id else "unknown",
            "created_at": began,
            "updated_at": began,
            "recipients": [recipient | moments | {"email": email} for email in emails],
        }
    )


def sighting(
    status: str, *emails: str, everybody: bool = False, external_id: str | None = None
) -> Sighting:
    named = None if everybody else emails
    return Sighting(UUID(int=0), status, ses.NOON, named, external_id=external_id)


def statuses(one: Tracked) -> list[str]:
    return [recipient["status"] for recipient in one.recipients]


@pytest.mark.parametrize(
    ("emails", "named", "about_somebody", "expected"),
    [
        ((JO, KIM), (KIM,), True, ["sent", "bounced"]),
        ((JO, KIM), (JO, KIM), True, ["bounced", "bounced"]),
        ((JO, KIM), ("KIM@example.com",), True, ["sent", "bounced"]),
        ((JO, KIM), ("lee@example.org",), False, ["sent", "sent"]),
        ((JO, KIM), (), False, ["sent", "sent"]),
        ((JO,), ("an-alias@example.org",), True, ["bounced"]),
        ((JO,), (), True, ["bounced"]),
        ((JO, JO), (JO,), True, ["bounced", "bounced"]),
    ],
)
def test_whom_a_sighting_concerns(
    emails: tuple[str, ...], named: tuple[str, ...], about_somebody: bool, expected: list[str]
) -> None:
    one = tracked(*emails)

    assert one.see(sighting("bounced", *named)) is about_somebody
    assert statuses(one) == expected


def test_a_sighting_of_everybody_moves_all_and_is_told_once() -> None:
    one = tracked(JO, KIM)

    one.see(sighting("rejected", everybody=True))

    assert statuses(one) == ["rejected", "rejected"]
    assert [event.type for event in one.events] == ["message.rejected"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("sent", []),
        ("delayed", ["message.delayed"]),
        ("delivered", ["message.delivered"]),
        ("bounced_transient", ["message.bounced"]),
        ("bounced", ["message.bounced"]),
        ("rejected", ["message.rejected"]),
        ("complained", ["message.complained"]),
    ],
)
def test_what_is_told_of_a_move(status: str, told: list[str]) -> None:
    one = tracked(JO)

    one.see(sighting(status, JO))

    assert [event.type for event in one.events] == told


def test_a_move_within_bounces_is_told_again() -> None:
    one = tracked(JO)

    one.see(sighting("bounced_transient", JO))
    one.see(sighting("bounced", JO))

    assert [event.type for event in one.events] == ["message.bounced", "message.bounced"]


def test_the_id_of_ses_is_learnt_once_and_told_as_sent() -> None:
    one = tracked(JO, external_id=None)

    one.see(sighting("sent", everybody=True, external_id="ses-1"))
    one.see(sighting("delivered", JO, external_id="ses-1"))

    assert (one.state["external_message_id"], one.state["send_state"]) == ("ses-1", "done")
    assert [event.type for event in one.events] == ["message.sent", "message.delivered"]
    assert not one.doubly_sent


def test_another_id_of_ses_is_a_second_mail() -> None:
    one = tracked(JO)

    one.see(sighting("sent", everybody=True, external_id="ses-2"))

    assert one.doubly_sent
    assert one.state["external_message_id"] == "ses-1"


def test_a_sighting_without_an_id_teaches_none() -> None:
    one = tracked(JO, external_id=None)

    one.see(sighting("rejected", everybody=True))

    assert one.state["send_state"] == "unknown"
    assert one.state["external_message_id"] is None


def test_what_changes_nothing_is_not_to_be_written() -> None:
    one = tracked(JO)
    one.see(sighting("bounced", JO))
    moved, events, updated = set(one.moved), list(one.events), one.state["updated_at"]

    one.see(sighting("bounced", JO))
    one.see(sighting("delivered", JO))

    assert (one.moved, one.events, one.state["updated_at"]) == (moved, events, updated)


def test_what_shows_that_ses_has_it_for_one_shows_it_for_all() -> None:
    one = tracked(JO, KIM, external_id=None)

    one.see(sighting("delivered", JO, external_id="ses-1"))

    assert statuses(one) == ["delivered", "sent"]
    assert [event.type for event in one.events] == ["message.sent", "message.delivered"]


@pytest.mark.parametrize("backwards", [False, True])
def test_when_ses_had_it_does_not_depend_on_the_order_of_events(backwards: bool) -> None:
    one = tracked(JO, KIM, "mo@example.com", external_id=None)
    events = [
        replace(sighting("delivered", JO, external_id="ses-1"), at=ses.NOON),
        replace(sighting("bounced", KIM, external_id="ses-1"), at=ses.NOON + timedelta(hours=1)),
    ]

    for event in reversed(events) if backwards else events:
        one.see(event)

    assert one.recipients[2]["status_at"] == ses.NOON.isoformat()
