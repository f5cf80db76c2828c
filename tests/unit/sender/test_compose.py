"""The shape of a written mail: which fields, which parts, which encodings."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.addresses import Address
from common.headers import MAX_TEXT
from services.sender.compose import Attachment, ComposeError, Outgoing, stable_id
from tests.unit.sender.compose_mails import (
    FIELDS,
    ID,
    OWN,
    PLAIN,
    compose,
    head,
    mail,
    read_modern,
    shape,
)

FILE = Attachment("a.pdf", "application/pdf", b"%PDF")


def test_a_plain_mail_is_written_like_this() -> None:
    """The whole of it once, as a reader of the wire sees it."""
    expected = (
        "From: Support <support@mail.example>\r\n"
        "To: Jane Doe <jane@customer.example>\r\n"
        "Subject: Hello\r\n"
        "Date: Sun, 22 Nov 2026 12:30:05 +0000\r\n"
        f"Message-ID: {OWN}\r\n"
        f"References: {OWN}\r\n"
        f"X-Postroom-Message-Id: {ID}\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello, Jane\r\n"
    )

    assert expected == compose(PLAIN).decode("ascii")


@pytest.mark.parametrize(
    ("changes", "types"),
    [
        ({}, ["text/plain"]),
        ({"text": None, "html": "<p>"}, ["text/html"]),
        ({"html": "<p>"}, ["multipart/alternative", "text/plain", "text/html"]),
        ({"attachments": (FILE,)}, ["multipart/mixed", "text/plain", "application/pdf"]),
        (
            {"html": "<p>", "attachments": (FILE, FILE)},
            [
                "multipart/mixed",
                *("multipart/alternative", "text/plain", "text/html"),
                *("application/pdf", "application/pdf"),
            ],
        ),
    ],
    ids=["text", "html", "both", "text and file", "both and files"],
)
def test_the_parts_are_nested_as_readers_expect(
    changes: dict[str, object], types: list[str]
) -> None:
    assert types == shape(compose(mail(**changes)))


def test_a_mail_without_a_body_is_refused() -> None:
    with pytest.raises(ComposeError, match="body"):
        compose(mail(text=None, attachments=(FILE,)))


def test_lists_of_addresses_are_written_in_their_own_fields() -> None:
    many = tuple(
        Address(f"user{number}@customer.example", f"User {number}") for number in range(25)
    )

    raw = compose(mail(to=many, cc=many[:2], reply_to=(Address("a@b.example", "A, B"),)))

    read = read_modern(raw)
    assert many == tuple(
        Address(each.addr_spec, each.display_name) for each in read["To"].addresses
    )
    assert read["Cc"] == "User 0 <user0@customer.example>, User 1 <user1@customer.example>"
    assert read["Reply-To"] == '"A, B" <a@b.example>'
    assert max(map(len, head(raw).split("\r\n"))) <= 78


def test_a_mail_to_hidden_recipients_only_names_nobody() -> None:
    raw = compose(mail(to=()))

    assert "To: undisclosed-recipients:;\r\n" in head(raw)


def test_a_mail_to_copied_recipients_only_has_no_to() -> None:
    raw = compose(mail(to=(), cc=PLAIN.to))

    assert "\r\nTo:" not in head(raw)
    assert "\r\nCc: Jane Doe" in head(raw)


def test_there_is_no_place_for_hidden_recipients() -> None:
    """BCC travels in the envelope: a mail cannot tell what it does not know."""
    assert not [name for name in Outgoing.__dataclass_fields__ if "bcc" in name.lower()]
    assert not [name for name in read_modern(compose(PLAIN)) if "bcc" in name.lower()]


def test_the_date_is_told_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))

    raw = compose(mail(date=datetime(2026, 12, 31, 23, 30, tzinfo=berlin)))

    assert "Date: Thu, 31 Dec 2026 22:30:00 +0000\r\n" in head(raw)


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ComposeError, match="time zone"):
        compose(mail(date=datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)))


def test_the_callers_headers_follow_ours() -> None:
    wanted = (
        ("List-Unsubscribe", "<https://x.example/?u=1>,  <mailto:a@x.example>"),
        ("X-Größe", "x"),
    )

    read = read_modern(compose(mail(headers=wanted[:1])))

    assert [*FIELDS[:7], "List-Unsubscribe", *FIELDS[7:]] == read.keys()
    assert read["List-Unsubscribe"] == "<https://x.example/?u=1>, <mailto:a@x.example>"
    with pytest.raises(ComposeError, match="visible ASCII"):
        compose(mail(headers=wanted))


@pytest.mark.parametrize("length", [1, 70, 71, 899, MAX_TEXT])
def test_the_longest_word_a_caller_may_give_is_never_too_long_a_line(length: int) -> None:
    name = "X" * 76

    raw = compose(mail(headers=((name, "y" * length),), subject="z" * length))

    read = read_modern(raw)
    assert ["y" * length, "z" * length] == [read[name], read["Subject"]]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_stable_id_is_the_message_at_the_senders_domain() -> None:
    assert stable_id(ID, "mail.example") == OWN


@pytest.mark.parametrize("message_id", ["", "msg 1", "msg_1>", "msg@1", "m\r\n", "ü", "m" * 65])
def test_what_is_no_message_id_of_ours_is_refused(message_id: str) -> None:
    with pytest.raises(ComposeError, match="message id"):
        compose(mail(message_id=message_id))


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@b", "a@bücher.example", "a@b.example>", "a@b.example\r\n", "a b@c.example"],
)
def test_an_address_that_the_wire_cannot_carry_is_refused(email: str) -> None:
    for changes in (
        {"from_": Address(email)},
        {"to": (Address(email),)},
        {"cc": (Address(email),)},
    ):
        with pytest.raises(ComposeError):
            compose(mail(**changes))
