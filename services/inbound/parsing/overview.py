"""What the headers alone tell of a mail. Linear time, as the parent does it for a mail that its
child could not read.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from common.headers import clean_text
from services.inbound.parsing.addresses import read_mailboxes, read_sender
from services.inbound.parsing.automatic import is_automatic
from services.inbound.parsing.head import Head, glance_at_head
from services.inbound.parsing.mail import Mail
from services.inbound.parsing.parameters import read_value

# Visible ASCII; 998 is the longest line (RFC 5322 section 2.1.1).
_ID: Final = re.compile(r"<[!-;=?-~]{1,996}>")
_BARE_ID: Final = re.compile(r"[!-;=?-~]{1,996}")
_FIRST_IDS: Final = 4
_LAST_IDS: Final = 96
_LONGEST_DATE: Final = 200
_YEARS: Final = range(1970, 9000)


def overview(head: Head, error: str | None = None) -> Mail:
    """A mail without its body."""
    return Mail(
        subject=clean_text(head.decoded("subject")).strip(),
        from_=read_sender(head.text("from")),
        to=read_mailboxes(head.texts("to")),
        cc=read_mailboxes(head.texts("cc")),
        reply_to=read_mailboxes(head.texts("reply-to")),
        sent_at=_moment(head.text("date")),
        # RFC 2047 forbids encoded words in ids; CPython's `email` folds a long one by them.
        message_id=_message_id(head.decoded("message-id")),
        in_reply_to=_ids(head.decoded("in-reply-to")),
        references=_ids(head.decoded("references")),
        automatic=is_automatic(head, read_value(head.raw("content-type")).word),
        error=error,
    )


def glance(raw: bytes, error: str) -> Mail:
    """What its first headers tell of a mail that could not be read. Never fails."""
    try:
        return overview(glance_at_head(raw), error)
    except Exception:  # noqa: BLE001 - the error is told in any case
        return Mail(error=error)


def _ids(text: str) -> tuple[str, ...]:
    """Each once; of very many the first, where the thread began, and the last."""
    found = list(dict.fromkeys(_ID.findall(text)))
    if len(found) > _FIRST_IDS + _LAST_IDS:
        found = found[:_FIRST_IDS] + found[-_LAST_IDS:]
    return tuple(found)


def _message_id(text: str) -> str | None:
    if found := _ID.search(text):
        return found.group()
    return f"<{text}>" if _BARE_ID.fullmatch(text) else None


def _moment(text: str) -> datetime | None:
    """In UTC; a Date without a zone, or with -0000, is taken for that (RFC 5322 section 3.3)."""
    try:
        moment = parsedate_to_datetime(text[:_LONGEST_DATE])
        if moment.year not in _YEARS:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
