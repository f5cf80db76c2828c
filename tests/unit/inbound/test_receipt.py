"""SES's notification of a received mail, as a value; whatever else lies in the queue is none."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.inbound.receipt import NoReceipt, Receipt, read

ID = "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1"


def notification(**receipt: Any) -> dict[str, Any]:
    """As the guide of SES shows one, shortened."""
    told = {
        "recipients": ["johndoe@example.com"],
        "spamVerdict": {"status": "PASS"},
        "virusVerdict": {"status": "FAIL"},
        "spfVerdict": {"status": "GRAY"},
        "dkimVerdict": {"status": "PROCESSING_FAILED"},
        "dmarcVerdict": {"status": "PASS"},
        "action": {"type": "S3", "bucketName": "a-bucket", "objectKey": f"mail/{ID}"},
    }
    mail = {"messageId": ID, "source": "jane@example.com", "destination": ["list@example.com"]}
    return {"notificationType": "Received", "receipt": told | receipt, "mail": mail}


def sns(said: object) -> str:
    return json.dumps({"Type": "Notification", "Message": json.dumps(said)})


def receipt(said: object) -> Receipt:
    found = read(sns(said))
    assert isinstance(found, Receipt)
    return found


def test_it_says_whose_the_mail_is_and_where_it_lies() -> None:
    assert receipt(notification()) == Receipt(
        message_id=ID,
        source="jane@example.com",
        recipients=("johndoe@example.com",),
        verdicts={
            "spam": "pass",
            "virus": "fail",
            "spf": "gray",
            "dkim": "processing_failed",
            "dmarc": "pass",
        },
        bucket="a-bucket",
        key=f"mail/{ID}",
    )


def test_raw_delivery_of_sns_is_the_notification_itself() -> None:
    assert read(json.dumps(notification())) == receipt(notification())


def test_recipients_are_those_of_the_envelope_each_once() -> None:
    said = notification(recipients=["b@x.example", "a@x.example", "b@x.example"])

    assert receipt(said).recipients == ("b@x.example", "a@x.example")


def test_a_check_that_was_not_made_or_makes_no_sense_has_no_verdict() -> None:
    said = notification(spamVerdict=None, spfVerdict={"status": "<b>"}, dkimVerdict={})

    assert set(receipt(said).verdicts) == {"virus", "dmarc"}


@pytest.mark.parametrize("source", ["", "<>", None])
def test_the_null_return_path_in_every_spelling(source: str | None) -> None:
    said = notification()
    said["mail"]["source"] = source

    assert receipt(said).has_null_return_path
    assert not receipt(notification()).has_null_return_path


@pytest.mark.parametrize(
    "body",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        json.dumps({"Type": "SubscriptionConfirmation", "Token": "x"}),
    ],
)
def test_what_aws_says_of_its_topics_is_a_notice(body: str) -> None:
    found = read(body)

    assert isinstance(found, NoReceipt)
    assert found.is_notice


@pytest.mark.parametrize(
    "said",
    [
        [],
        "x",
        {},
        {"notificationType": "Bounce"},
        {"notificationType": "Received"},
        {"notificationType": "Received", "mail": None, "receipt": None},
        notification(recipients=None),
        notification(recipients=[1]),
        notification(recipients=["x" * 400]),
        notification(action={"type": "SNS", "topicArn": "x"}),
        notification(action={"bucketName": "b", "objectKey": "k\0"}),
        notification(action={"bucketName": "b", "objectKey": "k" * 2000}),
        {**notification(), "mail": {"messageId": "../../etc"}},
        {**notification(), "mail": {"messageId": 7}},
    ],
)
def test_what_is_no_receipt_says_why(said: object) -> None:
    found = read(sns(said))

    assert isinstance(found, NoReceipt)
    assert not found.is_notice
    assert found.reason


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_nothing_makes_it_raise(body: str) -> None:
    assert isinstance(read(body), NoReceipt)
