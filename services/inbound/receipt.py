"""What SES says of a mail that it has received, as a typed value. Pure; nothing makes it raise.

The notification is a pointer: the mail itself lies in S3. Members:
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from common.envelopes import Json, NoticeError, UnreadableError, unwrap

_CHECKS: Final = ("spam", "virus", "spf", "dkim", "dmarc")
_WORDS: Final = frozenset({"pass", "fail", "gray", "processing_failed", "disabled"})
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")  # an index of Postgres takes 2,700 bytes
_LONGEST_KEY: Final = 1024  # S3's own bound, in bytes of UTF-8
_LONGEST_ADDRESS: Final = 320
_NOBODY: Final = ("", "<>")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One mail at SES's door.

    `message_id` is SES's own, the same for every copy of the notification. `source` is the return
    path, `recipients` are those of the envelope, which no header need name. `verdicts`: a word of
    SES in lower case for each check that it made (`pass`, `fail`, `gray`, `processing_failed`).
    """

    message_id: str
    source: str
    recipients: tuple[str, ...]
    verdicts: dict[str, str]
    bucket: str
    key: str

    @property
    def has_null_return_path(self) -> bool:
        """Nobody is to be told of it: a bounce or another program's answer (RFC 3834 section 2)."""
        return self.source in _NOBODY


@dataclass(frozen=True, slots=True)
class NoReceipt:
    """A `notice` of AWS about its topics, or something unreadable; `reason` says what."""

    reason: str
    is_notice: bool


def read(body: str) -> Receipt | NoReceipt:
    """A letter of the queue."""
    try:
        return _receipt(unwrap(body))
    except NoticeError as notice:
        return NoReceipt(str(notice), is_notice=True)
    except (UnreadableError, RecursionError, KeyError, TypeError, AttributeError) as error:
        words = str(error) if isinstance(error, UnreadableError) else "not what SES writes"
        return NoReceipt(words, is_notice=False)


def _receipt(told: Json) -> Receipt:
    if told.get("notificationType") != "Received":
        raise UnreadableError("not of a received mail")
    mail, receipt = told["mail"], told["receipt"]
    action = receipt["action"]
    recipients = tuple(dict.fromkeys(_text(one, _LONGEST_ADDRESS) for one in receipt["recipients"]))
    if not _ID.fullmatch(mail["messageId"]):
        raise UnreadableError("no id of SES")
    return Receipt(
        message_id=mail["messageId"],
        source=_text(mail.get("source") or "", _LONGEST_ADDRESS),
        recipients=recipients,
        verdicts=dict(_verdicts(receipt)),
        bucket=_text(action["bucketName"], 255),
        key=_text(action["objectKey"], _LONGEST_KEY),
    )


def _verdicts(receipt: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for check in _CHECKS:
        word = str((receipt.get(f"{check}Verdict") or {}).get("status")).lower()
        if word in _WORDS:
            yield check, word


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise UnreadableError("a member that is no text, or too long")
    return value
