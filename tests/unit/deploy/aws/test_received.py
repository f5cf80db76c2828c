"""The notification of a received mail: its members, and that no mail can break it."""

import json
from typing import Any

from hypothesis import given, strategies as st

from deploy.local.aws.ses.receiving.incoming import (
    ALL_PASS,
    CHECKS,
    MOST_SCANNED_BYTES,
    Incoming,
    Peer,
    Status,
    read,
)
from deploy.local.aws.ses.receiving.received import notification

MOST_BYTES_OF_SNS = 256 * 1024
RAW = (
    b'From: Ada <ada@example.com>\r\nTo: "B, b" <b@example.com>, c@example.com\r\nCc: d@example.com'
    b"\r\nReply-To: r@example.com\r\nDate: Fri, 14 Aug 2020 16:27:55 -0400\r\nSubject: Hello\r\n"
    b"Message-ID: <1@example.com>\r\nX-Folded: one\r\n\ttwo\r\n\r\nHi\r\nX-Body: no header"
)
# Every member of a recorded notification of an S3 action, in its order.
MAIL = ["timestamp", "source", "messageId", "destination", "headersTruncated", "headers"]
RECEIPT = ["timestamp", "processingTimeMillis", "recipients", "spamVerdict", "virusVerdict"]
RECEIPT += ["spfVerdict", "dkimVerdict", "dmarcVerdict", "action"]
STAMPED = ["Return-Path", "Received", "X-SES-Spam-Verdict", "X-SES-Virus-Verdict", "Received-SPF"]
STAMPED += ["Authentication-Results", "X-SES-RECEIPT", "X-SES-DKIM-SIGNATURE"]


def incoming(raw: bytes = RAW, sender: str = "ada@example.com", **members: Any) -> Incoming:
    peer = Peer("mail.example.com", "203.0.113.25")
    return Incoming(raw, read(raw), sender, ("x@postroom.test",), peer, **members)


def told(mail: Incoming) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(json.loads(notification(mail))["Message"])
    return message


def test_the_envelope_is_that_of_sns() -> None:
    outer = json.loads(notification(incoming()))

    assert outer["Type"] == "Notification"
    assert outer["Subject"] == "Amazon SES Email Receipt Notification"
    assert outer["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:postroom-inbound"


def test_it_has_the_members_of_a_recorded_one() -> None:
    message = told(incoming())

    assert list(message) == ["notificationType", "mail", "receipt"]
    assert list(message["mail"]) == [*MAIL, "commonHeaders"]
    assert list(message["receipt"]) == RECEIPT
    assert message["notificationType"] == "Received"


def test_the_mail_lies_in_the_bucket_under_its_id() -> None:
    mail = incoming()

    assert told(mail)["receipt"]["action"] == {
        "type": "S3",
        "topicArn": "arn:aws:sns:us-east-1:123456789012:postroom-inbound",
        "bucketName": "postroom-inbound",
        "objectKey": mail.message_id,
    }
    assert told(mail)["mail"]["messageId"] == mail.message_id


def test_recipients_are_the_envelope_and_destination_is_the_header() -> None:
    message = told(incoming())

    assert message["receipt"]["recipients"] == ["x@postroom.test"]
    assert message["mail"]["destination"] == ["b@example.com", "c@example.com", "d@example.com"]


def test_headers_are_ses_s_and_then_the_mails_unfolded() -> None:
    headers = told(incoming())["mail"]["headers"]

    assert [header["name"] for header in headers][:9] == [*STAMPED, "From"]
    assert headers[0]["value"] == "<ada@example.com>"
    assert headers[5]["value"].startswith("amazonses.com; spf=pass (spfCheck: ")
    assert headers[-1] == {"name": "X-Folded", "value": "one two"}


def test_common_headers_are_those_of_the_mail() -> None:
    assert told(incoming())["mail"]["commonHeaders"] == {
        "returnPath": "ada@example.com",
        "from": ["Ada <ada@example.com>"],
        "replyTo": ["r@example.com"],
        "to": ['"B, b" <b@example.com>', "c@example.com"],
        "cc": ["d@example.com"],
        "date": "Fri, 14 Aug 2020 16:27:55 -0400",
        "messageId": "<1@example.com>",
        "subject": "Hello",
    }


def test_a_null_return_path_is_an_empty_source() -> None:
    mail = told(incoming(sender=""))["mail"]

    assert mail["source"] == ""
    assert mail["commonHeaders"]["returnPath"] == ""
    assert mail["headers"][0] == {"name": "Return-Path", "value": "<>"}


def test_verdicts_are_those_asked_for_and_a_policy_only_where_there_is_one() -> None:
    verdicts = {**ALL_PASS, "dmarc": Status.FAIL, "spam": Status.GRAY}

    failed = told(incoming(verdicts=verdicts, dmarc_policy="quarantine"))["receipt"]

    statuses = [failed[f"{check}Verdict"]["status"] for check in CHECKS]
    assert statuses == ["GRAY", "PASS", "PASS", "PASS", "FAIL"]
    assert failed["dmarcPolicy"] == "quarantine"
    assert "dmarcPolicy" not in told(incoming())["receipt"]


def test_headers_beyond_ten_kilobytes_are_cut_and_said_to_be() -> None:
    mail = told(incoming(b"X-Long: " + b"x" * 11_000 + b"\r\n" + RAW))["mail"]

    assert mail["headersTruncated"] is True
    assert [header["name"] for header in mail["headers"]] == STAMPED
    assert mail["commonHeaders"]["subject"] == "Hello"
    assert told(incoming())["mail"]["headersTruncated"] is False


def test_a_thousand_recipients_in_a_header_are_left_out_and_nothing_else() -> None:
    many = b", ".join(b"a%d@example.com" % n for n in range(1_000))
    mail = told(incoming(b"To: " + many + b"\r\nSubject: Hello\r\n\r\n"))["mail"]

    assert mail["destination"] == []
    assert "to" not in mail["commonHeaders"]
    assert mail["commonHeaders"]["subject"] == "Hello"


def test_a_mail_that_is_all_header_is_told_within_what_sns_takes() -> None:
    names = [b"From", b"To", b"Cc", b"Subject", b"Sender", b"Reply-To", b"Bcc", b"Date"]
    block = b"".join(name + b": " + b"\x01" * 10_000 + b"\r\n" for name in names)

    assert len(notification(incoming(block)).encode()) < MOST_BYTES_OF_SNS
    assert len(notification(incoming(b"A:\x01" * 10_000_000)).encode()) < MOST_BYTES_OF_SNS


def test_a_header_far_behind_is_not_looked_for() -> None:
    raw = b"X: y\r\n" * (MOST_SCANNED_BYTES // 6 + 1) + RAW

    assert "subject" not in told(incoming(raw))["mail"]["commonHeaders"]


@given(st.binary(max_size=2_000) | st.text(alphabet="From: <>@,;\"'()\\\r\n\t a=?", max_size=500))
def test_no_mail_whatever_breaks_it(raw: bytes | str) -> None:
    mail = told(incoming(raw if isinstance(raw, bytes) else raw.encode()))

    assert mail["receipt"]["recipients"] == ["x@postroom.test"]
