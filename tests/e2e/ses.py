"""What the double of SES was given, and the trouble it is asked to make."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx

TAG = "postroom_message"


@dataclass(frozen=True, slots=True)
class Mail:
    """One that SES has accepted. `to_whom`: its envelope."""

    id: str
    to_whom: list[str]
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """As the standard library reads it."""
        return message_from_bytes(self.raw, policy=policy.default)


def mails(aws_url: str, message_id: str) -> list[Mail]:
    """Every mail that SES has accepted for one message of ours: one, if all is well."""
    sent = httpx.get(f"{aws_url}/sent", timeout=30, trust_env=False).json()
    return [_mail(one) for one in sent if one["tags"].get(TAG) == message_id]


def _mail(one: dict[str, Any]) -> Mail:
    return Mail(one["messageId"], one["destinations"], b64decode(one["raw"]))


@contextmanager
def faults(aws_url: str, **asked: object) -> Iterator[None]:
    """As asked for, and at the end none: the double is everybody's."""
    _set(aws_url, asked)
    try:
        yield
    finally:
        _set(aws_url, {})


def _set(aws_url: str, asked: dict[str, object]) -> None:
    httpx.post(f"{aws_url}/faults", json=asked, timeout=30, trust_env=False).raise_for_status()
