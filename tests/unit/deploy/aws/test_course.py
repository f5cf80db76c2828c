"""Which events follow an accepted mail, by address: facts.md 3.1 and the mailbox simulator."""

import base64
from typing import Any

import pytest

from deploy.local.aws.ses.course import course
from deploy.local.aws.ses.events import Event
from deploy.local.aws.ses.journal import Journal
from deploy.local.aws.ses.outgoing import read


def told(
    *destinations: str, suppressed: str = "", delayed: bool = False, body: str = ""
) -> list[Event]:
    raw = base64.b64encode(f"From: a@example.com\r\n\r\n{body}".encode()).decode()
    request: dict[str, Any] = {
        "Content": {"Raw": {"Data": raw}},
        "Destination": {"BccAddresses": list(destinations)},
        "ConfigurationSetName": "postroom",
    }
    accepted = Journal().accept(read(request))
    return list(course(accepted, lambda address: address == suppressed, lambda: delayed))


def kinds(events: list[Event]) -> list[str]:
    return [event["eventType"] for event in events]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("someone@example.com", ["Send", "Delivery"]),
        ("success@simulator.amazonses.com", ["Send", "Delivery"]),
        ("ooto@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"]),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"]),
        ("bounce+label@simulator.amazonses.com", ["Send", "Bounce"]),
        ("Bounce@Simulator.AmazonSES.com", ["Send", "Bounce"]),
        ("bounce@example.com", ["Send", "Delivery"]),
    ],
)
def test_the_address_decides(address: str, expected: list[str]) -> None:
    assert kinds(told(address)) == expected


def test_a_bounce_is_permanent_and_says_why() -> None:
    bounce = told("bounce@simulator.amazonses.com")[1]["bounce"]

    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert bounce["bouncedRecipients"] == [
        {
            "emailAddress": "bounce@simulator.amazonses.com",
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ]


@pytest.mark.parametrize("address", ["suppressionlist@simulator.amazonses.com", "me@example.com"])
def test_a_suppressed_address_bounces_as_on_the_accounts_list(address: str) -> None:
    bounce = told(address, suppressed="me@example.com")[1]["bounce"]

    assert (bounce["bounceType"], bounce["bounceSubType"]) == (
        "Permanent",
        "OnAccountSuppressionList",
    )


def test_each_recipient_has_events_of_its_own() -> None:
    events = told("a@example.com", "bounce@simulator.amazonses.com", "b@example.com")

    assert kinds(events) == ["Send", "Delivery", "Bounce", "Delivery"]
    assert events[1]["delivery"]["recipients"] == ["a@example.com"]
    assert events[3]["delivery"]["recipients"] == ["b@example.com"]


def test_no_two_events_of_a_mail_have_the_same_time() -> None:
    details = [
        event[key]
        for event in told("a@example.com", "complaint@simulator.amazonses.com")
        for key in ("delivery", "complaint")
        if key in event
    ]

    assert len({detail["timestamp"] for detail in details}) == 3


def test_a_delayed_recipient_is_told_of_before_the_delivery() -> None:
    events = told("a@example.com", delayed=True)

    assert kinds(events) == ["Send", "DeliveryDelay", "Delivery"]
    assert events[1]["deliveryDelay"]["delayedRecipients"][0]["emailAddress"] == "a@example.com"


def test_the_virus_test_file_is_rejected_after_the_send() -> None:
    events = told("a@example.com", body="EICAR-STANDARD-ANTIVIRUS-TEST-FILE")

    assert kinds(events) == ["Send", "Reject"]
    assert events[1]["reject"] == {"reason": "Bad content"}
