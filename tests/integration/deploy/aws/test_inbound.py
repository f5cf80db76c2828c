"""`POST /inbound`, and what is in the bucket and in the queue after it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.deploy.aws.conftest import Double

MAIL = b"From: Ada <ada@example.com>\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\nHi"
FORTY_MEGABYTES = 40 * 1024 * 1024


def test_a_mail_lies_in_the_bucket_and_a_notification_in_the_queue(aws: Double) -> None:
    answer = aws.inbound(MAIL, "x@postroom.test", "y@postroom.test")

    assert answer.status_code == 200
    message_id = answer.json()["messageId"]
    assert answer.json()["recipients"] == ["x@postroom.test", "y@postroom.test"]
    (notification,) = aws.received(1)
    assert notification["notificationType"] == "Received"
    assert notification["receipt"]["recipients"] == ["x@postroom.test", "y@postroom.test"]
    assert notification["mail"]["messageId"] == message_id
    action = notification["receipt"]["action"]
    assert (action["bucketName"], action["objectKey"]) == ("postroom-inbound", message_id)
    stored = aws.stored(message_id)
    assert stored.startswith(b"Return-Path: <ada@example.com>\r\nReceived: from mail.example.com ")
    assert stored.endswith(MAIL)


def test_what_is_asked_for_arrives(aws: Double) -> None:
    query = {"from": "", "id": "own-id-1", "spam": "FAIL", "dmarc": "FAIL", "dmarcPolicy": "reject"}

    aws.inbound(MAIL, "a+tag@postroom.test", **query)

    (notification,) = aws.received(1)
    receipt = notification["receipt"]
    assert notification["mail"]["messageId"] == "own-id-1"
    assert notification["mail"]["source"] == ""
    assert receipt["recipients"] == ["a+tag@postroom.test"]
    assert (receipt["spamVerdict"]["status"], receipt["dmarcPolicy"]) == ("FAIL", "reject")
    assert b"\r\nX-SES-Spam-Verdict: FAIL\r\n" in aws.stored("own-id-1")


def test_duplicates_are_the_same_notification_of_sns(aws: Double) -> None:
    aws.inbound(MAIL, "x@postroom.test", duplicates=2)

    found = aws.notifications(3, aws.inbound_url)

    assert len(found) == 3
    assert len({one["MessageId"] for one in found}) == 1


def test_a_mail_that_comes_a_second_time_is_told_a_second_time(aws: Double) -> None:
    for _ in range(2):
        aws.inbound(MAIL, "x@postroom.test", id="own-id-2")

    found = aws.notifications(2, aws.inbound_url)

    assert len({one["MessageId"] for one in found}) == 2


@pytest.mark.parametrize(
    "mail", [b"", b"\r\n", b"\x00\xff" * 100, b"no header", b"From: " + b"(" * 300_000]
)
def test_any_bytes_are_a_mail(aws: Double, mail: bytes) -> None:
    message_id = aws.inbound(mail, "x@postroom.test").json()["messageId"]

    assert aws.received(1)[0]["mail"]["source"] == "unknown@mail.invalid"
    assert aws.stored(message_id).endswith(b"\r\n" + mail)


def test_forty_megabytes_come_in_and_a_byte_more_does_not(aws: Double) -> None:
    largest = MAIL + b"x" * (FORTY_MEGABYTES - len(MAIL))

    taken = aws.inbound(largest, "x@postroom.test")
    refused = aws.inbound(largest + b"x", "x@postroom.test")

    assert aws.stored(taken.json()["messageId"]).endswith(largest)
    assert refused.status_code == 400
    assert refused.json() == {"error": "The mail is larger than 41943040 bytes."}
    aws.s3.delete_object(Bucket="postroom-inbound", Key=taken.json()["messageId"])


@pytest.mark.parametrize("query", [{}, {"to": "nobody"}, {"to": "x@y.test", "spam": "MAYBE"}])
def test_what_makes_no_sense_is_refused_with_a_sentence(aws: Double, query: dict[str, str]) -> None:
    refused = aws.http.post("/inbound", params=query, content=MAIL)

    assert refused.status_code == 400
    assert refused.json()["error"].endswith(".")
    assert aws.waiting(aws.inbound_url) == 0


def test_mails_come_in_side_by_side(aws: Double) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: aws.inbound(MAIL, "x@postroom.test"), range(40)))

    ids = {answer.json()["messageId"] for answer in answers}
    assert len(ids) == 40
    assert {one["mail"]["messageId"] for one in aws.received(40)} == ids
    assert all(aws.stored(message_id).endswith(MAIL) for message_id in ids)
