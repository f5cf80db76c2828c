"""What becomes of one mail: whose it is, where it lies, what it says, and that it is kept."""

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from common.models import Attachment, Blob, Message, RawMail
from services.inbound import fetch
from services.inbound.parsing.children import Children
from services.inbound.receipt import Receipt, read
from services.inbound.receive import Receiver, is_outage
from tests.integration.builders import Tenant, webhook
from tests.integration.inbound.post import BUCKET, Post, mail, notification

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def rings() -> list[str]:
    return []


@pytest.fixture
def receiver(engine: Engine, s3: "S3Client", children: Children, rings: list[str]) -> Receiver:
    return Receiver(engine, s3, children, lambda: rings.append("webhooks"))


def receipt(receipt_id: str, *to: str, **verdicts: str) -> Receipt:
    found = read(json.dumps(notification(receipt_id, *to, **verdicts)))
    assert isinstance(found, Receipt)
    return found


def all_messages(engine: Engine) -> list[Message]:
    with Session(engine) as session:
        return list(session.exec(select(Message).order_by(col(Message.id))))


def test_from_the_notification_to_the_message(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post, rings: list[str]
) -> None:
    webhook(engine, acme, "https://example.com/", "message.received")
    raw = mail("Where is it?\n\n> On the way.\n", message_id="<1@x>", to=acme.inbox.email)
    receipt_id = post.arrives(raw)

    receiver.take(receipt(receipt_id, acme.inbox.email, dmarc="PASS", spam="FAIL"))

    [one] = all_messages(engine)
    assert (one.subject, one.from_email, one.from_name) == (
        "A question",
        "jane@customer.example",
        "Jane",
    )
    assert (one.text or "").startswith("Where is it?")
    assert one.extracted_text == "Where is it?"
    assert (one.external_message_id, one.internet_message_id) == (receipt_id, "<1@x>")
    assert (one.labels, one.sender_verified, one.status) == (["spam"], True, "received")
    with Session(engine) as session:
        kept = session.get_one(RawMail, one.id)
    assert (kept.bucket, kept.key, kept.size) == (BUCKET, receipt_id, len(raw))
    assert kept.sha256 == hashlib.sha256(raw).hexdigest()
    assert rings == ["webhooks"]


def test_the_envelope_decides_in_any_case_and_with_a_tag(
    engine: Engine, acme: Tenant, globex: Tenant, receiver: Receiver, post: Post
) -> None:
    local, _, domain = globex.inbox.email.partition("@")
    receipt_id = post.arrives(mail(to="somebody@else.example"))
    to = (acme.inbox.email.upper(), f"{local}+invoices@{domain}", "nobody@postroom.test")

    receiver.take(receipt(receipt_id, *to))

    assert {one.inbox_id for one in all_messages(engine)} == {acme.inbox.id, globex.inbox.id}


def test_mail_for_nobody_is_not_even_fetched(engine: Engine, receiver: Receiver) -> None:
    receiver.take(receipt("never-stored", "nobody@postroom.test"))

    assert all_messages(engine) == []


def test_neither_is_one_that_is_known(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post, s3: "S3Client"
) -> None:
    receipt_id = post.arrives(mail())
    told = receipt(receipt_id, acme.inbox.email)
    receiver.take(told)
    s3.delete_object(Bucket=BUCKET, Key=receipt_id)

    receiver.take(told)

    assert len(all_messages(engine)) == 1


def test_files_come_with_their_bytes(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post
) -> None:
    receiver.take(receipt(post.arrives(_with_pdf()), acme.inbox.email))

    with Session(engine) as session:
        [file] = session.exec(select(Attachment))
        blob = session.get_one(Blob, file.blob_id)
    assert (file.name, file.content_type, file.detected_type) == (
        "a.pdf",
        "application/pdf",
        "application/pdf",
    )
    assert blob.content == b"%PDF-1.4\n"


def _with_pdf() -> bytes:
    return (
        b"From: jane@customer.example\r\nSubject: A file\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
        b"--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="a.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n"
    )


def test_a_bomb_is_kept_with_the_reason(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post
) -> None:
    bomb = b"Subject: " + b"=?utf-8?q?=41?= " * 28_000 + b"\r\n\r\n"
    receipt_id = post.arrives(bomb)

    receiver.take(receipt(receipt_id, acme.inbox.email))

    [one] = all_messages(engine)
    assert one.parse_error
    with Session(engine) as session:
        assert session.get_one(RawMail, one.id).key == receipt_id


def test_one_that_is_too_long_is_hashed_and_not_read(
    engine: Engine,
    acme: Tenant,
    receiver: Receiver,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 100)
    raw = mail("x" * 1000)

    receiver.take(receipt(post.arrives(raw), acme.inbox.email))

    [one] = all_messages(engine)
    assert one.parse_error == "The mail is longer than the 40 MB that are read."
    with Session(engine) as session:
        assert session.get_one(RawMail, one.id).sha256 == hashlib.sha256(raw).hexdigest()


def test_what_the_tables_do_not_take_is_kept_as_unreadable(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post
) -> None:
    """The parser lets nothing of that kind through, so a rule of the test's refuses it."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE message ADD CONSTRAINT odd CHECK (subject <> 'A question')"
        )

    receiver.take(receipt(post.arrives(mail()), acme.inbox.email))

    assert [one.parse_error for one in all_messages(engine)] == [
        "What was read in the mail could not be stored."
    ]


def test_a_mail_that_is_not_where_it_should_be_is_no_outage(
    acme: Tenant, receiver: Receiver
) -> None:
    with pytest.raises(ClientError) as gone:
        receiver.take(receipt("no-such-key", acme.inbox.email))

    assert not is_outage(gone.value)


def test_a_bucket_that_may_not_be_read_is_one() -> None:
    assert is_outage(ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"))
    assert is_outage(ConnectionResetError())
    assert not is_outage(TypeError())
