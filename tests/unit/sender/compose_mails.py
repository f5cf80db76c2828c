"""A plain mail to change, wild texts to put into it, and two readers of what comes out."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from typing import Any

from hypothesis import strategies as st

from common.addresses import Address
from services.sender.compose import Outgoing, compose as pieces

ID = "msg_01j3abcdefghjkmnpqrstvwxyz"
OWN = f"<{ID}@mail.example>"
PLAIN = Outgoing(
    message_id=ID,
    from_=Address("support@mail.example", "Support"),
    to=(Address("jane@customer.example", "Jane Doe"),),
    subject="Hello",
    date=datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC),
    text="Hello, Jane\n",
)
FIELDS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "X-Postroom-Message-Id",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]

FRAGMENTS = [
    *("\r\n", "\r", "\n", "\0", "\t", "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\u2028", "\u2029"),
    *("\r\nBcc: evil@x.example", "\nBcc: evil@x.example", "\r\n\r\n<p>body</p>", "\r\n "),
    *(
        "=?utf-8?q?=0ABcc=3A_evil=40x.example?=",
        "=?UTF-8?B?DQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
        "=?utf-8?q?",
    ),
    *(
        "=?",
        "?=",
        "=0D=0A",
        "%0D%0A",
        '"',
        "\\",
        "<",
        ">",
        "<evil@x.example>",
        ",",
        ";",
        ":",
        "(",
        ")",
    ),
    *(
        "@",
        "--",
        "--=_",
        "../",
        "\u202e",
        "\ud800",
        "\udc0a",
        " ",
        "  ",
        ".",
        "é",
        "漢字",
        "😀",
        "a" * 80,
    ),
]
hostile = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(), max_size=8), max_size=8
).map("".join)


def mail(**changes: Any) -> Outgoing:
    """Return the plain mail with some fields changed."""
    return replace(PLAIN, **changes)


def compose(mail: Outgoing) -> bytes:
    """Write it, in one piece."""
    return b"".join(pieces(mail))


def read_modern(raw: bytes) -> EmailMessage:
    """Read as a strict reader does, which decodes headers by their syntax."""
    return email.message_from_bytes(raw, policy=policy.default)


def read_legacy(raw: bytes) -> Message:
    """Read as an old reader does, which leaves headers as they stand."""
    return email.message_from_bytes(raw, policy=policy.compat32)


def head(raw: bytes) -> str:
    """Return the fields as they stand on the wire, without the last line's end."""
    return raw.partition(b"\r\n\r\n")[0].decode("ascii")


def shape(raw: bytes) -> list[str]:
    """Return the types of all parts, each before those that it holds."""
    return [part.get_content_type() for part in read_modern(raw).walk()]


def unfolded(value: str) -> str:
    """Undo folding (RFC 5322 section 2.2.3), nothing else."""
    return value.replace("\r\n", "")


def decoded(value: str) -> str:
    """Decode the encoded words of a legacy header."""
    return str(make_header(decode_header(unfolded(value))))


def as_lines(text: str) -> str:
    """Return text as a mail carries it: LF for each line end here, one at the very end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") else f"{lines}\n"
