"""SendEmail through boto3: what is taken, what is remembered, what is refused."""

import base64
from typing import Any

import pytest

from tests.integration.deploy.aws.conftest import RAW, Double


def test_an_accepted_mail_is_in_sent_as_it_was_given(aws: Double) -> None:
    tags = [{"Name": "mid", "Value": "msg_1"}, {"Name": "att", "Value": "1"}]

    message_id = aws.send("x@example.com", "y@example.com", EmailTags=tags)

    newest = aws.get("/sent")[0]
    assert newest.pop("acceptedAt").endswith("Z")
    assert newest == {
        "messageId": message_id,
        "source": "Ada <ada@example.com>",
        "destinations": ["x@example.com", "y@example.com"],
        "configurationSet": "postroom",
        "tags": {"mid": "msg_1", "att": "1"},
        "raw": base64.b64encode(RAW).decode(),
        "events": [
            {"eventType": "Send", "recipients": ["x@example.com", "y@example.com"]},
            {"eventType": "Delivery", "recipients": ["x@example.com"]},
            {"eventType": "Delivery", "recipients": ["y@example.com"]},
        ],
    }
    assert "raw" not in aws.get("/sent?raw=false")[0]


def test_sent_since_an_id_shows_only_later_mails_newest_first(aws: Double) -> None:
    first, second, third = (aws.send(f"{name}@example.com") for name in "abc")

    later = [mail["messageId"] for mail in aws.get(f"/sent?since={first}")]

    assert later == [third, second]
    assert aws.get(f"/sent?since={third}") == []
    assert len(aws.get("/sent?since=unknown")) >= 3


def test_without_a_destination_the_headers_are_the_envelope(aws: Double) -> None:
    aws.send()

    assert aws.get("/sent")[0]["destinations"] == ["b@example.com"]


def test_simple_content_is_sent_as_a_mail(aws: Double) -> None:
    content = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hello"}}}}

    aws.send("b@example.com", Content=content, FromEmailAddress="a@example.com")

    raw = base64.b64decode(aws.get("/sent")[0]["raw"])
    assert b"Subject: Hi\r\n" in raw


def test_ten_megabytes_go_through(aws: Double) -> None:
    aws.send("b@example.com", Content={"Raw": {"Data": RAW + b"x" * 10_000_000}})

    assert len(base64.b64decode(aws.get("/sent")[0]["raw"])) == len(RAW) + 10_000_000


@pytest.mark.parametrize(
    ("members", "exception"),
    [
        ({"Destination": {"ToAddresses": ["r@example.com"] * 51}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["no address"]}}, "BadRequestException"),
        ({"EmailTags": [{"Name": "mid", "Value": "a.b"}]}, "BadRequestException"),
        ({"ConfigurationSetName": "no-such-set"}, "NotFoundException"),
        ({"FromEmailAddress": "a@unverified.example.com"}, "MessageRejected"),
    ],
)
def test_what_ses_refuses_raises_the_modeled_exception_and_is_not_sent(
    aws: Double, members: dict[str, Any], exception: str
) -> None:
    last = aws.send("last@example.com")

    with pytest.raises(getattr(aws.ses.exceptions, exception)):
        aws.send(**members)

    assert aws.get(f"/sent?since={last}") == []
    assert aws.waiting() == 2
