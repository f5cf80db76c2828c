"""Subject, addresses, ids, dates: what stands in the head of a mail, however it was written."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from services.inbound.parsing.mail import Mail, Mailbox
from services.inbound.parsing.parse import parse
from tests import odd_mail


def read(name: str) -> Mail:
    return parse(odd_mail.own(name))


def boxes(*emails: str) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(email, "") for email in emails)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("iso-2022-jp", "日本語"),
        ("gb18030", "你好"),
        ("koi8-r", "Привет"),
        ("emoji", "🎉 party 🎈"),
        ("encoded-words-odd", "a€ =?utf-8?B?*broken*?= =?utf-8?Z?no?= with space"),
        ("encoded-address", "a  Bcc: b"),
        ("headers-8bit", "Grüße 😀"),
        ("headers-folded", "one two three  four"),
        ("headers-twice", "first"),
        ("nul-bytes", "ab"),
        ("subject-empty", ""),
        ("no-headers", ""),
        ("mbox-from", "boxed"),
        ("bare-cr", "bare CR"),
    ],
)
def test_subject(name: str, subject: str) -> None:
    assert read(name).subject == subject


def test_a_long_subject_is_cut_and_has_no_controls() -> None:
    subject = read("subject-long").subject

    assert 890 < len(subject) <= 900
    assert subject.startswith("long long")


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("reply-gmail", Mailbox("jo@example.com", "Jo Doe")),
        ("name-unquoted-comma", Mailbox("jo@example.com", "Doe, Jo")),
        ("groups", Mailbox("jo@example.com", "Jo the Doe")),
        ("headers-8bit", Mailbox("jo@example.com", "Jö")),
        ("headers-folded", Mailbox("jo@example.com", "Jo Doe")),
        ("headers-twice", Mailbox("first@example.com", "")),
        ("encoded-address", Mailbox("jo@example.com", "boss@example.org Bcc: x")),
        ("encoded-words-odd", Mailbox("jo@example.com", "Jö Doe")),
        ("address-international", Mailbox("jö@bücher.example", "Jö")),
        ("from-mailer-daemon", Mailbox("MAILER-DAEMON", "Mail Delivery System")),
        ("from-broken", Mailbox("", "Mail Delivery Subsystem")),
        ("no-headers", None),
    ],
)
def test_sender(name: str, sender: Mailbox | None) -> None:
    assert read(name).from_ == sender


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("undisclosed", ()),
        (
            "groups",
            (*boxes("a@example.net"), Mailbox("b@example.net", "B, C"), *boxes("c@example.net")),
        ),
        ("headers-twice", boxes("a@example.net", "b@example.net", "c@example.net")),
        ("headers-8bit", (Mailbox("rene@example.net", "René"),)),
        ("encoded-address", (Mailbox("kim@example.net", "a@example.org"),)),
        ("from-mailer-daemon", ()),
        ("from-broken", (Mailbox("kim@example.net", "unclosed"),)),
        ("address-international", boxes("用户@例子.example")),
    ],
)
def test_recipients(name: str, to: tuple[Mailbox, ...]) -> None:
    assert read(name).to == to


@pytest.mark.parametrize(
    ("written", "to"),
    [
        ("kim@example.net jo@example.net", boxes("kim@example.net", "jo@example.net")),
        ("Kim kim@example.net", (Mailbox("kim@example.net", "Kim"),)),
        ("kim @ example.net", boxes("kim@example.net")),
        ("'Kim' <kim@example.net>", (Mailbox("kim@example.net", "Kim"),)),
        ("<kim@example.net> (Kim)", (Mailbox("kim@example.net", "Kim"),)),
        ('"a \\"b\\" c" <kim@example.net>', (Mailbox("kim@example.net", 'a "b" c'),)),
        (", ".join(f"a{n}@example.net" for n in range(1200)), None),
    ],
)
def test_lists_of_addresses(written: str, to: tuple[Mailbox, ...] | None) -> None:
    found = parse(f"To: {written}\n\n".encode()).to

    assert found == to if to is not None else len(found) == 1000


def test_reply_to_and_cc() -> None:
    mail = read("groups")

    assert mail.cc == boxes("d@example.net")
    assert mail.reply_to == (Mailbox("help@example.com", "Help"), Mailbox("jo@example.com", ""))


def test_references_are_whole_ids_each_once_the_first_and_the_last() -> None:
    mail = read("references-many")

    first = [f"<r{n}@example.com>" for n in range(4)]
    last = [f"<r{n}@example.com>" for n in range(204, 300)]
    assert list(mail.references) == first + last
    assert mail.in_reply_to == ("<r299@example.com>",)
    assert mail.message_id == "<no-brackets@example.com>"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 2 Nov 2026 10:00:00 +0100", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        ("Mon, 2 Nov 26 05:00:00 EST (Eastern)", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2 Nov 2026 10:00 -0000", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Nov 99999 10:00:00 +0000", None),
        ("Mon, 2 Nov 1066 10:00:00 +0000", None),
        ("Mon, 2 Nov 2026 10:00:00 +9999999", None),
        ("Mon, 32 Nov 2026 25:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_date(written: str, moment: datetime | None) -> None:
    assert parse(f"Date: {written}\n\n".encode()).sent_at == moment


def test_an_id_that_python_has_folded_by_encoded_words_is_read() -> None:
    long = "<010001a213ae19ae-9cce9fe0-96af-41c7-bff1-bcaddf77a43c-000000@email.amazonses.com>"
    mail = EmailMessage()
    mail["Message-ID"], mail["In-Reply-To"] = "<1@x.example>", long
    mail["References"] = f"<0@x.example> {long}"
    mail.set_content("Hi")
    assert b"=?utf-8?q?=3C" in mail.as_bytes()

    found = parse(mail.as_bytes())

    assert found.in_reply_to == (long,)
    assert found.references == ("<0@x.example>", long)
    assert found.message_id == "<1@x.example>"
