import base64
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from deploy.local.aws.errors import AwsError, BadRequest
from deploy.local.aws.ses.outgoing import MOST_BYTES, read

RAW = b"From: Ada <ada@example.com>\r\nTo: b@example.com\r\nCc: c@example.com\r\n\r\nHello"


def request(raw: bytes = RAW, **members: Any) -> dict[str, Any]:
    return {"Content": {"Raw": {"Data": base64.b64encode(raw).decode()}}, **members}


def test_the_destination_is_the_envelope_when_it_is_given() -> None:
    mail = read(
        request(Destination={"ToAddresses": ["X <x@example.com>"], "BccAddresses": ["y@e.c"]})
    )

    assert mail.destinations == ("x@example.com", "y@e.c")


def test_the_headers_are_the_envelope_when_no_destination_is_given() -> None:
    assert read(request()).destinations == ("b@example.com", "c@example.com")


def test_the_sender_of_the_request_goes_before_the_header() -> None:
    assert read(request()).source == "Ada <ada@example.com>"
    assert read(request(FromEmailAddress="b@example.com")).source == "b@example.com"


def test_the_raw_mail_is_kept_byte_for_byte() -> None:
    assert read(request()).raw == RAW


def test_tags_and_configuration_set_are_read() -> None:
    mail = read(request(EmailTags=[{"Name": "mid", "Value": "msg_1"}], ConfigurationSetName="set"))

    assert mail.tags == {"mid": "msg_1"}
    assert mail.configuration_set == "set"


@pytest.mark.parametrize("value", ["", "a b", "ä", "a.b", "x" * 257])
def test_a_tag_outside_of_the_alphabet_is_refused(value: str) -> None:
    with pytest.raises(BadRequest, match="Invalid tag value"):
        read(request(EmailTags=[{"Name": "mid", "Value": value}]))


def test_fifty_recipients_are_taken_and_fifty_one_refused() -> None:
    def to(count: int) -> dict[str, Any]:
        boxes = [f"r{n}@example.com" for n in range(count)]
        return request(Destination={"ToAddresses": boxes[:20], "BccAddresses": boxes[20:]})

    assert len(read(to(50)).destinations) == 50
    with pytest.raises(BadRequest, match=r"Recipient count exceeds 50\."):
        read(to(51))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Content": {}}, "Content must hold Raw or Simple"),
        ({"Content": {"Raw": {"Data": ""}}}, "Content.Raw.Data is required"),
        ({"Content": {"Raw": {"Data": "%%%"}}}, "Content.Raw.Data is not base64"),
        (request(b"Subject: x\r\n\r\n"), "Missing required header 'From'"),
        (request(b"From: a@example.com\r\n\r\n"), "At least one destination"),
        (request(Destination={"ToAddresses": ["nobody"]}), "Missing final '@domain'"),
    ],
)
def test_an_impossible_mail_is_a_bad_request(members: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read(members)


def test_more_than_forty_megabytes_are_rejected() -> None:
    with pytest.raises(AwsError) as refused:
        read(request(RAW + b"x" * MOST_BYTES))

    assert refused.value.code == "MessageRejected"


def test_simple_content_becomes_a_mail() -> None:
    body = {"Text": {"Data": "Grüße"}, "Html": {"Data": "<p>Grüße</p>"}}
    content = {"Simple": {"Subject": {"Data": "Über"}, "Body": body}}

    mail = read(
        {
            "FromEmailAddress": "a@example.com",
            "Destination": {"ToAddresses": ["b@example.com"], "BccAddresses": ["c@example.com"]},
            "Content": content,
        }
    )

    parsed = message_from_bytes(mail.raw, policy=default)
    assert mail.destinations == ("b@example.com", "c@example.com")
    assert parsed["Subject"] == "Über"
    assert parsed["Bcc"] is None
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_simple_content_refuses_a_header_that_breaks_out() -> None:
    content = {"Simple": {"Subject": {"Data": "x\r\nBcc: e@e.c"}, "Body": {"Text": {"Data": "x"}}}}

    with pytest.raises(BadRequest):
        read({"FromEmailAddress": "a@example.com", "Content": content})
