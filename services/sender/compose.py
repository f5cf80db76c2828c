"""One mail, written as RFC 5322 and MIME, ready for SES `SendEmail` with `Raw` content.

Assembled by hand, because the library's modern policy folds headers at a fortieth of the speed
(tests/bench/compose.py), and checked by hand, because on CPython 3.11.7 it lets headers in.
Pure but for the boundaries, which are random. BCC is no field of `Outgoing`: it travels in the
envelope alone, so no mistake here can tell of it.

ComposeError(ValueError)   this mail can never be written; trying again does not help
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from common.addresses import Address, is_wire_address
from common.headers import HeaderError, check_header_name
from services.sender.mime.headers import (
    address_field,
    caller_field,
    field,
    is_message_id,
    references,
    text_field,
)
from services.sender.mime.parts import Part, attachment_part, multipart, text_part

_OUR_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
_NOBODY = ["undisclosed-recipients:;"]


class ComposeError(ValueError):
    """A value of the mail cannot be written; the message says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file: `content` as the reader is to get it, `name` and `content_type` as a caller typed."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """All that the reader's copy is made of. `date` is aware; `in_reply_to` and `references` are
    the parent's wire id and the parent's own chain, each `<...>`; malformed ones are left out."""

    message_id: str
    from_: Address
    to: tuple[Address, ...]
    subject: str
    date: datetime
    text: str | None = None
    html: str | None = None
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()


def compose(mail: Outgoing) -> list[bytes]:
    """Write the whole mail with CRLF line ends, in pieces of about a MB at most where it has large
    files. Raises ComposeError.
    """
    try:
        body = _body(mail)
        head = f"{_head(mail)}MIME-Version: 1.0\r\n{body.head}\r\n"
        return [head.encode("ascii"), *body.body]
    except HeaderError as error:
        raise ComposeError(str(error)) from error
    except UnicodeEncodeError as error:
        raise ComposeError("A body has a lone surrogate, which is no character.") from error


def stable_id(message_id: str, domain: str) -> str:
    """Give our own wire id of a message, which stays ours whatever SES writes into Message-ID."""
    if not _OUR_ID.fullmatch(message_id):
        raise ComposeError("A message id has letters, digits and underscores, at most 64.")
    if not is_wire_address(f"x@{domain}"):
        raise ComposeError("A message id needs the domain of its sender.")
    return f"<{message_id}@{domain}>"


def _head(mail: Outgoing) -> str:
    own = stable_id(mail.message_id, mail.from_.domain)
    return "".join(
        [
            address_field("From", (mail.from_,)),
            *_recipients(mail),
            text_field("Subject", mail.subject),
            field("Date", [_date(mail.date)]),
            field("Message-ID", [own]),
            *_threading(mail, own),
            field("X-Postroom-Message-Id", [mail.message_id]),
            *[caller_field(check_header_name(name), value) for name, value in mail.headers],
        ]
    )


def _recipients(mail: Outgoing) -> list[str]:
    """RFC 5322 section 3.6.3 wants one destination field, also where all recipients are hidden."""
    lists = (("To", mail.to), ("Cc", mail.cc), ("Reply-To", mail.reply_to))
    fields = [address_field(name, addresses) for name, addresses in lists if addresses]
    return fields if mail.to or mail.cc else [field("To", _NOBODY), *fields]


def _date(date: datetime) -> str:
    if date.utcoffset() is None:
        raise ComposeError("The date of a mail needs a time zone.")
    return format_datetime(date.astimezone(UTC))


def _threading(mail: Outgoing, own: str) -> list[str]:
    fields = [field("References", references(own, mail.references, mail.in_reply_to))]
    if mail.in_reply_to is not None and is_message_id(mail.in_reply_to):
        fields.insert(0, field("In-Reply-To", [mail.in_reply_to]))
    return fields


def _body(mail: Outgoing) -> Part:
    bodies = (("plain", mail.text), ("html", mail.html))
    parts = [text_part(subtype, text) for subtype, text in bodies if text is not None]
    if not parts:
        raise ComposeError("A mail needs a text or an HTML body.")
    body = parts[0] if len(parts) == 1 else multipart("alternative", parts)
    if not mail.attachments:
        return body
    files = [
        attachment_part(each.name, each.content_type, each.content) for each in mail.attachments
    ]
    return multipart("mixed", [body, *files])
