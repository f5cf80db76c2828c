"""Files: none is lost, none has a name that does harm, none is only what it says it is."""

import base64

import pytest

from services.inbound.parsing.mail import File
from services.inbound.parsing.parse import parse
from tests import odd_mail


def files(name: str) -> tuple[File, ...]:
    return parse(odd_mail.own(name)).files


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "filename-missing",
            ["image.jpg", "attachment.pdf", "invite.ics", "message.eml", "attachment.bin"],
        ),
        ("filename-rfc2231", ["€ rates.txt", "Grüße.txt", "long name.txt", "abc", "ext.txt"]),
        ("emoji", ["🎉.csv"]),
        ("nul-bytes", ["a.txt"]),
        ("alternative-amp", ["amp.html"]),
        ("calendar", ["invite.ics", "invite.ics"]),
        ("dsn-postfix", ["delivery-status.txt", "message.eml"]),
        ("dsn-headers", ["delivery-status.txt", "headers.txt"]),
        ("digest", ["message.eml", "message.eml"]),
        ("nested-rfc822", ["message.eml"]),
        ("rfc822-base64", ["the mail.eml"]),
        ("pgp-encrypted", ["version.asc", "encrypted.asc"]),
        ("smime-signed", ["smime.p7s"]),
        ("winmail-dat", ["winmail.dat"]),
        ("text-attachments", ["log.txt", "note.txt", "page.html"]),
        ("boundary-same-twice", ["a.png"]),
        ("outer-ends-inner", ["a.pdf"]),
    ],
)
def test_names(name: str, names: list[str]) -> None:
    assert [file.name for file in files(name)] == names


def test_names_do_no_harm() -> None:
    names = [file.name for file in files("filename-tricks")]

    assert names[:4] == ["passwd", "evil.exe", "invoicefdp.exe", "_CON.txt"]
    assert names[4].endswith("a.pdf")
    assert len(names[4]) == 255
    assert names[5:] == ["attachment", "ab.txt", "unquoted name"]


def test_an_attached_mail_is_a_file_as_it_came() -> None:
    (inner,) = files("nested-rfc822")

    assert inner.content.startswith(b"From: a@example.org\r\nSubject: inner\r\n")
    assert inner.content.endswith(b"Subject: innermost\r\n\r\nhi\r\n--i--")
    assert files("rfc822-base64")[0].content == b"Subject: inner\r\n\r\nhi\r\n"


@pytest.mark.parametrize(
    ("name", "declared", "detected"),
    [
        ("type-lies", "application/pdf", "application/vnd.microsoft.portable-executable"),
        ("truncated-base64", "application/pdf", "application/pdf"),
        ("outer-ends-inner", "application/pdf", "application/pdf"),
        ("boundary-same-twice", "image/png", "image/png"),
        ("calendar-only", "text/calendar", "text/calendar"),
        ("emoji", "text/csv", None),
    ],
)
def test_types(name: str, declared: str, detected: str | None) -> None:
    (file,) = files(name)

    assert (file.content_type, file.detected_type) == (declared, detected)


def test_an_image_is_inline_where_the_html_names_it_or_its_sender_says_so() -> None:
    found = [(file.content_id, file.inline) for file in files("related-cid")]

    assert found == [("logo@example.com", True), ("other@example.com", False)]
    assert [file.inline for file in files("mixed-texts")] == [True]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100_000])
@pytest.mark.parametrize("encoding", ["base64", "8bit"])
def test_the_bytes_of_a_file_are_its_own(size: int, encoding: str) -> None:
    content = bytes(n % 251 for n in range(size))
    head = f"Content-Type: application/x-any\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    body = base64.encodebytes(content) if encoding == "base64" else content

    assert parse(head + body).files[0].content == content
