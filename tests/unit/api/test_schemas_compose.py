"""What passes the door can be stored and sent: the schema and compose agree."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from common.addresses import Address, parse_address
from services.api.body import parse
from services.api.problems import Problem
from services.api.schemas.messages import MOST_BYTES, NewMessage
from services.sender.compose import Attachment, Outgoing, compose

MINIMAL = {"to": ["jane@customer.example"], "text": "Hello"}
OURS = {
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "References"),
    *("X-Postroom-Message-Id", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
}


def read(**changes: Any) -> NewMessage:
    return parse(NewMessage, "application/json", json.dumps(MINIMAL | changes).encode())


def file(content: str) -> list[dict[str, Any]]:
    return [{"name": "a.txt", "contentType": "text/plain", "content": content}]


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 10_000, 1_000_000])
def test_the_size_is_never_estimated_too_small(size: int) -> None:
    content = b64encode(bytes(size)).decode()
    message = read(text="x" + "é\n" * size, html="<p>" * size, attachments=file(content))

    assert len(composed(message)) <= message.mime_bytes


def test_what_ses_takes_is_not_estimated_too_large() -> None:
    content = b64encode(bytes(29_000_000)).decode()

    assert read(attachments=file(content)).mime_bytes <= MOST_BYTES


def composed(message: NewMessage) -> bytes:
    """As the sender writes what the door let in."""
    mail = compose(
        Outgoing(
            message_id="msg_01kamw3xbyfyts8n1z0m5vg2qd",
            from_=Address("shop@mail.example", "Shop"),
            to=message.to,
            cc=message.cc,
            reply_to=tuple(parse_address(str(one)) for one in message.reply_to),
            subject=message.subject,
            date=datetime(2026, 11, 22, tzinfo=UTC),
            text=message.text or None,
            html=message.html or None,
            attachments=tuple(
                Attachment(one.name, one.content_type, one.content) for one in message.attachments
            ),
            headers=tuple(message.headers.items()),
        )
    )
    return b"".join(mail)


nasty = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["\r\nBcc: a@b.example", "=?utf-8?q?=0d=0aBcc:_a@b?=", "\0", "\u2028", "é\n"]),
    st.text('ab <>@.,;:"\\()[]=?_-\r\n\t é€😀', max_size=40),
)
mailbox = st.one_of(
    st.just("jane@customer.example"),
    nasty.map(lambda name: f"{name} <jane@customer.example>"),
    nasty.map(lambda local: f"{local}@customer.example"),
    nasty,
)
bodies = st.fixed_dictionaries(
    {"to": st.lists(mailbox, min_size=1, max_size=2), "text": nasty},
    optional={
        "html": nasty,
        "cc": st.lists(mailbox, max_size=2),
        "replyTo": st.lists(mailbox, max_size=2),
        "subject": nasty,
        "headers": st.dictionaries(st.one_of(st.just("X-A"), nasty), nasty, max_size=2),
        "labels": st.lists(nasty, max_size=2),
        "attachments": st.lists(
            st.fixed_dictionaries(
                {
                    "name": nasty,
                    "content": st.binary(max_size=60).map(lambda one: b64encode(one).decode()),
                    "contentType": st.one_of(st.just("text/plain"), nasty),
                }
            ),
            max_size=2,
        ),
    },
)


@given(bodies)
def test_what_passes_the_door_can_be_stored_and_sent(body: dict[str, Any]) -> None:
    try:
        message = parse(NewMessage, "application/json", json.dumps(body).encode())
    except Problem:
        return

    orjson.dumps([message.subject, message.text, message.html, message.labels, message.headers])
    mail = message_from_bytes(composed(message), policy=policy.default)

    assert isinstance(mail, EmailMessage)
    assert set(mail.keys()) <= OURS | set(message.headers)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail["To"].addresses[0].addr_spec == message.to[0].email
