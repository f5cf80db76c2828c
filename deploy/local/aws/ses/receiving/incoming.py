"""A mail as it comes in: its bytes, its envelope, and what SES finds out about it."""

import re
import secrets
from base64 import b32hexencode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from deploy.local.aws.ses.headers import Header, first, scan

MOST_BYTES = 40 * 1024 * 1024
MOST_SCANNED_BYTES = 64 * 1024
"""Of the header block. What stands behind is in the bucket, and not in the notification."""
LONGEST_ADDRESS = 320
# ASCII only: SES has no SMTPUTF8. Neither a blank nor a bracket, as it is written into headers.
ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.:\[\]_-]+")
UNKNOWN_SENDER = "unknown@mail.invalid"
CHECKS = ("spam", "virus", "spf", "dkim", "dmarc")


class Status(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html, and
    DISABLED, which SES says where scanning is off.
    """

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    GRAY = "GRAY"
    PROCESSING_FAILED = "PROCESSING_FAILED"
    DISABLED = "DISABLED"


ALL_PASS: Mapping[str, Status] = dict.fromkeys(CHECKS, Status.PASS)


@dataclass(frozen=True, slots=True)
class Peer:
    """The server that hands a mail over. `signers`: domains of its DKIM signatures, beside that of
    the From header.
    """

    name: str
    ip: str
    signers: tuple[str, ...] = ()


def new_id() -> str:
    """An id as SES gives them to received mail: 40 digits of base 32, the last one a 1."""
    return b32hexencode(secrets.token_bytes(24)).decode().rstrip("=").lower() + "1"


@dataclass(frozen=True, slots=True)
class Incoming:
    """`sender` and `recipients` are the envelope; an empty sender is the null return path.
    `headers`: what `read` finds in `raw`.
    """

    raw: bytes
    headers: tuple[Header, ...]
    sender: str
    recipients: tuple[str, ...]
    peer: Peer
    verdicts: Mapping[str, Status] = field(default_factory=lambda: ALL_PASS)
    dmarc_policy: str | None = None
    message_id: str = field(default_factory=new_id)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def read(raw: bytes) -> tuple[Header, ...]:
    return scan(raw, MOST_SCANNED_BYTES)


def is_address(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and ADDRESS.fullmatch(text) is not None


def addresses(value: str) -> list[str]:
    """What looks like an address in a header's value: at each comma a new one, in brackets or bare.

    No parser, so that no value is slow or raises; a name with a comma or a bracket costs nothing.
    """
    parts = (part.rpartition("<")[2].partition(">")[0].strip() for part in value.split(","))
    return [part for part in parts if is_address(part)]


def author(headers: tuple[Header, ...]) -> str:
    """The address of the From header, or one that nobody has."""
    return next(iter(addresses(first(headers, "from") or "")), UNKNOWN_SENDER)


def stranger(sender: str, headers: tuple[Header, ...]) -> Peer:
    """A server of the sender's domain, at an address of nobody's (RFC 5737)."""
    domain = (sender or author(headers)).rpartition("@")[2].lower()
    return Peer(f"mail.{domain}", "203.0.113.25")
