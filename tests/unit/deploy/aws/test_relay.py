"""What SES changes in a mail that it sends."""

import base64
import re
from email import message_from_bytes

import pytest

from deploy.local.aws.ses.journal import Accepted, Journal
from deploy.local.aws.ses.outgoing import read
from deploy.local.aws.ses.receiving.relay import relayed

RAW = (
    b"From: Ada <ada@postroom.test>\r\nTo: b@postroom.test\r\nBcc: c@postroom.test,\r\n"
    b" d@postroom.test\r\nMessage-ID:\r\n <ours@postroom.test>\r\nReferences: <a@b.example>\r\n"
    b"Auto-Submitted: auto-replied\r\nDate: Mon, 1 Jan 2001 00:00:00 +0200\r\n"
    b"X-SES-CONFIGURATION-SET: postroom\r\n\r\nHi\r\n\r\nDate: of the body\xff\x00"
)


def accepted(raw: bytes = RAW) -> Accepted:
    data = base64.b64encode(raw).decode()
    request = {
        "Content": {"Raw": {"Data": data}},
        "FromEmailAddress": "ada@postroom.test",
        "Destination": {"ToAddresses": ["b@postroom.test"]},
    }
    return Journal().accept(read(request))


def wire(raw: bytes = RAW, region: str = "us-east-1") -> bytes:
    return relayed(accepted(raw), ("b@postroom.test",), region).raw


@pytest.mark.parametrize(
    ("region", "domain", "path"),
    [
        ("us-east-1", "email.amazonses.com", "amazonses.com"),
        ("eu-west-1", "eu-west-1.amazonses.com", "eu-west-1.amazonses.com"),
        ("ap-southeast-2", "ap-southeast-2.amazonses.com", "ap-southeast-2.amazonses.com"),
    ],
)
def test_the_message_id_is_that_of_ses_in_the_form_of_the_region(
    region: str, domain: str, path: str
) -> None:
    sent = accepted()

    mail = relayed(sent, ("b@postroom.test",), region)

    found = message_from_bytes(mail.raw)
    assert found.get_all("Message-ID") == [f"<{sent.message_id}@{domain}>"]
    assert mail.sender == f"{sent.message_id}@{path}"


def test_the_date_is_ses_s_and_of_bcc_nothing_is_left() -> None:
    found = message_from_bytes(wire())

    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000", found["Date"])
    assert found["Bcc"] is None
    assert b"c@postroom.test" not in wire()
    assert b"d@postroom.test" not in wire()
    assert b"X-SES-CONFIGURATION-SET" not in wire()


def test_everything_else_is_as_it_was() -> None:
    found = message_from_bytes(wire())

    assert found["From"] == "Ada <ada@postroom.test>"
    assert found["References"] == "<a@b.example>"
    assert found["Auto-Submitted"] == "auto-replied"
    assert wire().endswith(b"\r\n\r\nHi\r\n\r\nDate: of the body\xff\x00")


def test_a_mail_of_bare_line_feeds_or_without_a_body_goes_out_too() -> None:
    for raw in (RAW.replace(b"\r\n", b"\n"), RAW.partition(b"\r\n\r\n")[0]):
        found = message_from_bytes(wire(raw))

        assert found["References"] == "<a@b.example>"
        assert found["Bcc"] is None
        assert len(found.get_all("Message-ID", [])) == 1
