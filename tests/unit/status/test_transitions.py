"""transitions: what SES's events make of recipients, and the words that say why."""

import json
from uuid import uuid4

import pytest

from common import statuses
from common.tracking import Sighting
from services.status.parse import SesEvent, parse
from services.status.transitions import sighting
from tests import ses

MESSAGE_ID = uuid4()
JO = ("jo@example.com",)
JO_OR_KIM = ("jo@example.com", "kim@example.com")


def seen(body: str) -> Sighting | None:
    event = parse(body)
    assert isinstance(event, SesEvent), event
    return sighting(event, MESSAGE_ID)


@pytest.mark.parametrize(
    ("name", "status", "emails", "words"),
    [
        ("send", "sent", None, None),
        ("delivery", "delivered", JO, None),
        (
            "delivery_delay",
            "delayed",
            JO,
            (
                "The recipient's server does not take the message now; SES goes on trying: "
                "smtp; 421 4.4.1 Unable to connect to remote host"
            ),
        ),
        (
            "bounce_permanent",
            "bounced",
            JO,
            "The recipient's server refused the message for good: smtp; 550 5.1.1 user unknown",
        ),
        ("bounce_no_email", "bounced", JO, "The recipient's server refused the message for good"),
        (
            "bounce_suppressed",
            "bounced",
            JO,
            (
                "SES did not send the message: the address is on the suppression list of the AWS "
                "account; remove it there to mail it again: Amazon SES did not send the message to "
                "this address because it is on the suppression list for your account."
            ),
        ),
        (
            "bounce_transient",
            "bounced_transient",
            JO,
            "The recipient's server did not take the message, and SES has given up",
        ),
        (
            "bounce_mailbox_full",
            "bounced_transient",
            JO,
            "The recipient's mailbox is full, and SES has given up: smtp; 452 4.2.2 mailbox full",
        ),
        (
            "bounce_undetermined",
            "bounced_transient",
            JO,
            "The message bounced for a reason that SES does not know, and SES has given up",
        ),
        ("complaint", "complained", JO, "The recipient has called the message spam"),
        (
            "complaint_redacted",
            "complained",
            JO_OR_KIM,
            "One of 2 recipients has called the message spam; their provider does not tell which",
        ),
        (
            "complaint_suppressed",
            "complained",
            JO,
            (
                "SES did not send the message: the address is on the suppression list of the AWS "
                "account, since its owner has called mail spam"
            ),
        ),
        ("reject", "rejected", None, "SES refused the message: Bad content"),
        (
            "rendering_failure",
            "rejected",
            None,
            (
                "SES could not fill in the template: "
                "Attribute 'attributeName' is not present in the rendering data."
            ),
        ),
    ],
)
def test_what_an_event_makes_of_a_recipient_and_why(
    name: str, status: str, emails: tuple[str, ...] | None, words: str | None
) -> None:
    found = seen(ses.recorded(name))

    assert found is not None
    assert (status, emails) == (found.status, found.emails)
    assert (found.reason or {}).get("message") == words
    assert found.message_id == MESSAGE_ID


@pytest.mark.parametrize("name", ["complaint_not_spam", "open", "click", "subscription"])
def test_what_moves_nobody(name: str) -> None:
    assert seen(ses.recorded(name)) is None


def test_an_unknown_event_moves_nobody() -> None:
    told = json.loads(ses.recorded("send")) | {"eventType": "InboxPlacement"}

    assert seen(json.dumps(told)) is None


@pytest.mark.parametrize("type_", ["Transient", "Undetermined", "Permanently", "", None, 7])
def test_a_bounce_is_for_good_only_where_ses_says_so(type_: object) -> None:
    told = json.loads(ses.recorded("bounce_permanent"))
    told["bounce"] |= {"bounceType": type_, "bounceSubType": "Invented"}

    found = seen(json.dumps(told))

    assert found is not None
    assert found.status == "bounced_transient"
    assert found.reason is not None
    assert found.reason["message"].endswith("SES has given up: smtp; 550 5.1.1 user unknown")


def test_a_bounce_keeps_what_ses_said_beside_the_words() -> None:
    found = seen(ses.recorded("bounce_permanent"))

    assert found is not None
    assert found.reason == {
        "message": "The recipient's server refused the message for good: "
        "smtp; 550 5.1.1 user unknown",
        "type": "Permanent",
        "subType": "General",
        "diagnostic": "smtp; 550 5.1.1 user unknown",
    }


def test_a_sighting_shows_the_id_and_the_moment_of_ses() -> None:
    event = parse(ses.recorded("delivery"))
    found = seen(ses.recorded("delivery"))

    assert isinstance(event, SesEvent)
    assert found is not None
    assert (found.external_id, found.at) == (event.external_message_id, event.at)


def test_every_event_that_is_recorded_leads_to_a_status_that_exists() -> None:
    for path in ses.FOLDER.glob("*.json"):
        event = parse(path.read_text())
        found = sighting(event, MESSAGE_ID) if isinstance(event, SesEvent) else None

        assert found is None or found.status in statuses.RECIPIENT_STATUSES
