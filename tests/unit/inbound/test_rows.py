"""A received mail as rows: what each inbox gets of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from common import ids
from services.inbound import rows
from services.inbound.fetch import Raw
from services.inbound.parsing.mail import File, Mail, Mailbox
from services.inbound.receipt import Receipt
from services.inbound.recipients import Place
from services.inbound.rows import MOST_RECIPIENTS, Arrival, Parent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
JANE, SHOP = Mailbox("jane@customer.example", "Jane"), Mailbox("Orders@shop.example", "Shop")
RECEIPT = Receipt("ses-1", "bounce@customer.example", ("orders@shop.example",), {}, "b", "k")
ARRIVAL = Arrival(
    receipt=RECEIPT,
    raw=Raw("b", "k", "00ff", 1234, b""),
    mail=Mail(subject="Hello", from_=JANE, to=(SHOP,), message_id="<1@customer.example>"),
    at=NOW,
)
PLACE = Place(ids.new(), ids.new(), "orders@shop.example")
FILE = File("a.txt", "text/plain", None, None, False, b"abc")


def with_mail(**changes: object) -> Arrival:
    return replace(ARRIVAL, mail=replace(ARRIVAL.mail, **changes))  # type: ignore[arg-type]


def with_receipt(**changes: object) -> Arrival:
    return replace(ARRIVAL, receipt=replace(RECEIPT, **changes))  # type: ignore[arg-type]


def test_a_mail_that_answers_nothing_begins_a_thread() -> None:
    one = rows.copy(ARRIVAL, PLACE, None)

    assert not one.answers
    assert one.message["in_reply_to_id"] is None
    assert one.participants == ["jane@customer.example", "orders@shop.example"]
    assert one.raw["sha256"] == "00ff"


def test_one_that_answers_stands_in_the_thread_of_its_parent() -> None:
    parent = Parent(ids.new(), ids.new())

    one = rows.copy(ARRIVAL, PLACE, parent)

    assert one.answers
    assert one.message["thread_id"] == parent.thread_id
    assert one.message["in_reply_to_id"] == parent.message_id


def test_the_inbox_is_a_recipient_once_also_where_only_the_envelope_names_it() -> None:
    named = rows.copy(ARRIVAL, PLACE, None).recipients
    hidden = rows.copy(with_mail(to=(), cc=(JANE,)), PLACE, None).recipients

    assert [(one["kind"], one["email"]) for one in named] == [("to", "Orders@shop.example")]
    assert [(one["kind"], one["email"]) for one in hidden] == [
        ("cc", "jane@customer.example"),
        ("bcc", "orders@shop.example"),
    ]


def test_a_mail_to_thousands_keeps_the_inbox_among_its_recipients() -> None:
    many = tuple(Mailbox(f"{number}@x.example", "") for number in range(3000))

    kept = rows.copy(with_mail(to=many), PLACE, None).recipients

    assert len(kept) == MOST_RECIPIENTS
    assert kept[-1]["email"] == PLACE.email


def test_without_a_from_the_return_path_is_the_sender() -> None:
    message = rows.copy(with_mail(from_=None), PLACE, None).message

    assert (message["from_email"], message["from_name"]) == ("bounce@customer.example", "")


@pytest.mark.parametrize(
    ("verdicts", "labels", "verified"),
    [
        ({}, [], False),
        ({"spam": "pass", "virus": "pass", "dmarc": "pass"}, [], True),
        ({"spam": "fail", "virus": "fail", "dmarc": "fail"}, ["spam", "virus"], False),
        ({"spam": "gray", "virus": "processing_failed", "dmarc": "gray"}, [], False),
    ],
)
def test_what_ses_found_is_told(
    verdicts: dict[str, str], labels: list[str], verified: bool
) -> None:
    message = rows.copy(with_receipt(verdicts=verdicts), PLACE, None).message

    assert (message["labels"], message["sender_verified"]) == (labels, verified)
    assert message["verdicts"] == (verdicts or None)


def test_automatic_by_its_headers_or_by_its_return_path() -> None:
    automatic = [
        rows.copy(one, PLACE, None).message["automatic"]
        for one in (ARRIVAL, with_mail(automatic=True), with_receipt(source="<>"))
    ]

    assert automatic == [False, True, True]


def test_its_chain_is_references_or_else_in_reply_to() -> None:
    both = with_mail(references=("<1@x>", "<2@x>"), in_reply_to=("<2@x>",))
    one = with_mail(in_reply_to=("<2@x>",))

    assert rows.copy(both, PLACE, None).message["reference_ids"] == ["<1@x>", "<2@x>"]
    assert rows.copy(one, PLACE, None).message["reference_ids"] == ["<2@x>"]


def test_a_file_is_stored_once_for_an_organization_and_never_for_two() -> None:
    other = Place(ids.new(), ids.new(), "b@b.example")
    sister = Place(ids.new(), PLACE.organization_id, "c@shop.example")
    copies = [rows.copy(ARRIVAL, one, None) for one in (PLACE, other, sister)]

    first, second, third = (row for row, _ in rows.files(copies, (FILE,)))

    assert first["blob_id"] == third["blob_id"] != second["blob_id"]
    assert first["message_id"] != third["message_id"]
