"""Received mail as values: what a parser has made of its bytes.

All text is fit for Postgres and for JSON: no NUL, no half of a surrogate pair. Addresses, names and
the subject are one line each.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`email` as it was written, perhaps not one that mail can be sent to, "" where a From has
    words only; `name` as a reader sees it.
    """

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class File:
    """What a mail carries besides its text.

    `name`: one that any system can save under, made up where the sender gave none. `content_type`:
    as the sender declared it; `detected_type`: by the first bytes, None where they tell nothing.
    `content_id`: without its < >, as a `cid:` of the HTML names it (RFC 2392). `inline`: shown
    within the text, says the sender, or the HTML names it.
    """

    name: str
    content_type: str
    detected_type: str | None
    content_id: str | None
    inline: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """`message_id`, `in_reply_to`, `references`: each `<...>`. `sent_at`: the Date, in UTC.

    `extracted_text`: what is new in it, without quotes and signature; None where nobody can tell.
    `automatic`: written by a program, and not to be answered by one. `error`: a sentence for the
    caller where the mail could not be read; then the other fields are what could still be had.
    """

    subject: str = ""
    from_: Mailbox | None = None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    sent_at: datetime | None = None
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str | None = None
    html: str | None = None
    extracted_text: str | None = None
    files: tuple[File, ...] = ()
    automatic: bool = False
    error: str | None = None
