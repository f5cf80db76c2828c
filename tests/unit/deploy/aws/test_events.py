"""The members of each event and of the SNS envelope: facts.md 3.1 and 3.2."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.aws.ses import events
from deploy.local.aws.ses.journal import Accepted, Journal
from deploy.local.aws.ses.notifications import envelope
from deploy.local.aws.ses.outgoing import read

AT = datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
SES_ID = r"0100[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}-000000"
HEADERS = (
    b"From: Ada <ada@Example.com>\r\nTo: b@example.com, c@example.com\r\n"
    b"Subject: Hello\r\nMessage-ID: <ours@example.com>\r\nReply-To: r@example.com\r\n"
)


def accepted(headers: bytes = HEADERS) -> Accepted:
    request: dict[str, Any] = {
        "Content": {"Raw": {"Data": base64.b64encode(headers + b"\r\nHi").decode()}},
        "EmailTags": [{"Name": "mid", "Value": "msg_1"}, {"Name": "att", "Value": "2"}],
        "ConfigurationSetName": "postroom",
    }
    return Journal().accept(read(request))


def test_every_event_carries_the_mail_as_aws_describes_it() -> None:
    mail = events.about(accepted())

    assert set(mail) == {
        *("timestamp", "source", "sourceArn", "sendingAccountId", "messageId", "destination"),
        *("headersTruncated", "headers", "commonHeaders", "tags"),
    }
    assert re.fullmatch(SES_ID, mail["messageId"])
    assert re.fullmatch(ISO, mail["timestamp"])
    assert mail["source"] == "Ada <ada@Example.com>"
    assert mail["sourceArn"] == "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    assert mail["sendingAccountId"] == "123456789012"
    assert mail["destination"] == ("b@example.com", "c@example.com")


def test_tags_map_each_name_to_a_list() -> None:
    tags = events.about(accepted())["tags"]

    assert tags["mid"] == ["msg_1"]
    assert tags["att"] == ["2"]
    assert tags["ses:configuration-set"] == ["postroom"]
    assert tags["ses:from-domain"] == ["example.com"]


def test_headers_hold_our_message_id_and_common_headers_that_of_ses() -> None:
    mail = events.about(accepted())

    assert {"name": "Message-ID", "value": "<ours@example.com>"} in mail["headers"]
    assert mail["commonHeaders"] == {
        "from": ["Ada <ada@Example.com>"],
        "to": ["b@example.com, c@example.com"],
        "replyTo": ["r@example.com"],
        "subject": "Hello",
        "messageId": mail["messageId"],
    }


def test_headers_beyond_ten_kilobytes_are_cut_and_said_to_be() -> None:
    short = events.about(accepted())
    long = events.about(accepted(HEADERS + b"X-Long: " + b"x" * 11_000 + b"\r\nX-Last: 1\r\n"))

    assert short["headersTruncated"] is False
    assert long["headersTruncated"] is True
    assert long["headers"] == short["headers"]


MEMBERS = {
    "Send": ("send", set[str]()),
    "Reject": ("reject", {"reason"}),
    "Delivery": (
        "delivery",
        {
            *("timestamp", "processingTimeMillis", "recipients"),
            *("smtpResponse", "remoteMtaIp", "reportingMTA"),
        },
    ),
    "DeliveryDelay": (
        "deliveryDelay",
        {"timestamp", "delayType", "expirationTime", "delayedRecipients"},
    ),
    "Bounce": (
        "bounce",
        {
            *("bounceType", "bounceSubType", "bouncedRecipients"),
            *("timestamp", "feedbackId", "reportingMTA"),
        },
    ),
    "Complaint": (
        "complaint",
        {
            *("complainedRecipients", "complaintFeedbackType", "complaintSubType"),
            *("timestamp", "feedbackId", "userAgent", "arrivalDate"),
        },
    ),
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_each_kind_has_its_own_detail(kind: str) -> None:
    mail = events.about(accepted())
    about_one = (mail, "b@example.com", AT)
    made = {
        "Send": lambda: events.send(mail),
        "Reject": lambda: events.reject(mail),
        "Delivery": lambda: events.delivery(*about_one),
        "DeliveryDelay": lambda: events.delay(*about_one),
        "Bounce": lambda: events.bounce(*about_one),
        "Complaint": lambda: events.complaint(*about_one),
    }

    event = made[kind]()

    detail, members = MEMBERS[kind]
    assert set(event) == {"eventType", "mail", detail}
    assert event["eventType"] == kind
    assert set(event[detail]) == members


def test_feedback_ids_are_never_the_same() -> None:
    mail = events.about(accepted())

    one, other = (events.bounce(mail, "b@example.com", AT)["bounce"] for _ in range(2))

    assert re.fullmatch(SES_ID, one["feedbackId"])
    assert one["feedbackId"] != other["feedbackId"]


def test_the_envelope_is_that_of_sns_with_the_event_as_a_string() -> None:
    event = events.send(events.about(accepted()))

    outer = json.loads(envelope(event, "arn:aws:sns:us-east-1:123456789012:topic"))

    assert set(outer) == {
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"),
    }
    assert outer["Type"] == "Notification"
    assert outer["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:topic"
    assert re.fullmatch(ISO, outer["Timestamp"])
    assert len(base64.b64decode(outer["Signature"], validate=True)) == 256
    assert re.fullmatch(
        r"https://sns\.[a-z0-9-]+\.amazonaws\.com/SimpleNotificationService-[a-z0-9]+\.pem",
        outer["SigningCertURL"],
    )
    assert json.loads(outer["Message"])["eventType"] == "Send"
