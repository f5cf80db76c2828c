"""What arrives is what was sent: recipients, files, alphabets."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from secrets import token_bytes

import pytest

from tests.e2e.customer import SIMULATOR, SUCCESS, Customer, Json, customer, path_of
from tests.e2e.local import Local
from tests.e2e.ses import mails


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox(name="Support")


def test_a_bcc_gets_the_mail_and_no_header_tells_of_it(
    local: Local, acme: Customer, inbox: Json
) -> None:
    hidden = f"success+hidden@{SIMULATOR}"
    sent = acme.send(inbox, to=[SUCCESS], cc=[f"success+cc@{SIMULATOR}"], bcc=[hidden])
    acme.ended(sent, "delivered")

    (mail,) = mails(local.aws_url, sent["id"])

    assert sorted(mail.to_whom) == sorted([SUCCESS, f"success+cc@{SIMULATOR}", hidden])
    assert b"hidden" not in mail.raw
    assert "bcc" not in mail.parsed


def test_attachments_arrive_and_come_back_byte_for_byte(
    local: Local, acme: Customer, inbox: Json
) -> None:
    files = {
        "every byte.bin": ("application/octet-stream", bytes(range(256)) * 300),
        "lines.txt": ("text/plain", b"one\r\ntwo\nthree\rfour\n.\r\nFrom here"),
        "nothing.dat": ("application/x-nothing", b""),
        "large.pdf": ("application/pdf", token_bytes(700_001)),
    }
    sent = acme.send(inbox, attachments=_attached(files))
    acme.ended(sent, "delivered")

    (mail,) = mails(local.aws_url, sent["id"])
    parts = list(mail.parsed.iter_attachments())
    assert {_name(part): (part.get_content_type(), _content(part)) for part in parts} == files
    got = acme.again(sent)["attachments"]
    assert {one["name"]: (one["contentType"], b64decode(one["content"])) for one in got} == files
    raw = [acme.client.get(f"{path_of(sent)}/attachments/{one['id']}").content for one in got]
    assert raw == [content for _, content in files.values()]
    assert (
        "content"
        not in acme.call("GET", f"/v1/inboxes/{inbox['id']}/messages")[0]["attachments"][0]
    )


def _attached(files: dict[str, tuple[str, bytes]]) -> list[Json]:
    return [
        {"name": name, "contentType": kind, "content": b64encode(content).decode()}
        for name, (kind, content) in files.items()
    ]


def _name(part: EmailMessage) -> str:
    return part.get_filename() or ""


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


SENDER = 'Müller & Søn "東京", GmbH'
SUBJECT = "Grüße aus Kyōto: 東京 → Αθήνα 🎉 \N{ARABIC LETTER MEEM}رحبا"
TEXT = "Zeile eins: äöüß €\nЖизнь: 日本語のテキスト\n" + "long: " + "ж" * 2000 + "\nend"
HTML = "<p>Grüße &amp; 🎉 <b>Ελληνικά</b></p>"
FILE = "Übersicht 東京.txt"


@pytest.fixture
def international(acme: Customer) -> Json:
    """A message that is anything but ASCII, at its end."""
    sent = acme.send(
        acme.inbox(name=SENDER),
        to=[f"Jürgen Ωmega <success+j@{SIMULATOR}>", "Ana María <ana@bücher.example>"],
        subject=SUBJECT,
        text=TEXT,
        html=HTML,
        labels=["größe", "日本"],
        headers={"X-About": "Wir grüßen 世界"},
        attachments=_attached({FILE: ("text/plain", "ä€𝄞".encode())}),
    )
    return acme.ended(sent, "delivered")


def test_all_alphabets_arrive_as_they_were_typed(local: Local, international: Json) -> None:
    (mail,) = mails(local.aws_url, international["id"])

    read = mail.parsed
    assert read["from"].addresses[0].display_name == SENDER
    assert [one.display_name for one in read["to"].addresses] == ["Jürgen Ωmega", "Ana María"]
    assert read["subject"] == SUBJECT
    assert read["x-about"] == "Wir grüßen 世界"
    assert _body(read, "plain") == f"{TEXT}\n"
    assert _body(read, "html") == f"{HTML}\n"
    assert [_name(part) for part in read.iter_attachments()] == [FILE]


def test_the_wire_carries_ascii_in_short_lines(local: Local, international: Json) -> None:
    """SES takes no SMTPUTF8, and no line of more than 1,000 octets with its end."""
    (mail,) = mails(local.aws_url, international["id"])

    assert mail.raw.isascii()
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998
    assert mail.to_whom == [f"success+j@{SIMULATOR}", "ana@xn--bcher-kva.example"]


def test_the_api_shows_all_alphabets_as_they_were_typed(international: Json) -> None:
    message = international

    assert message["from"].startswith('"Müller & Søn \\"東京\\", GmbH" <')
    assert message["to"][1] == "Ana María <ana@xn--bcher-kva.example>"
    assert (message["subject"], message["text"], message["html"]) == (SUBJECT, TEXT, HTML)
    assert message["labels"] == ["größe", "日本"]
    assert [one["name"] for one in message["attachments"]] == [FILE]


def _body(mail: EmailMessage, kind: str) -> str:
    """Its lines as Python has them."""
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")
