"""What is sent and received in a soak, and how often: pure."""

import base64
import random
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

import orjson

RECEIVED: Final = (
    b"From: Jane <jane@customer.example>\r\nSubject: Question %d\r\n"
    b"Message-ID: <%d@customer.example>\r\nContent-Type: text/plain\r\n\r\n"
    + b"When will it be here?\r\n"
    * 80
)
_LINE: Final = "The quick brown fox jumps over the lazy dog, as it has done for years now. "
_FILE: Final = base64.b64encode(random.Random(6).randbytes(30_000)).decode()  # noqa: S311
_BOUNCES: Final = 100  # one in so many, far below what pauses an organization


class Wanted(Enum):
    """One thing that a client does."""

    PLAIN = auto()
    FILE = auto()
    REPLY = auto()
    REPEATED = auto()
    """A plain one that is asked for again under the same key."""
    RECEIVED = auto()
    READ = auto()

    def body(self, number: int) -> bytes:
        """Of the request."""
        text = f"This is number n{number}. {_LINE * 13}"
        if self is Wanted.REPLY:
            return orjson.dumps({"text": text})
        html = f"<html><body><p>{_LINE * 13}</p></body></html>"
        said: dict[str, object] = {
            "to": [f"Jane Doe <{_fate(number)}+{number}@simulator.amazonses.com>"],
            "subject": f"Your order n{number}",
            "text": text,
            "html": html,
            "labels": ["orders"],
        }
        if self is Wanted.FILE:
            said["attachments"] = [{"name": "report.pdf", "content": _FILE}]
        return orjson.dumps(said)

    def can_be_answered(self, number: int) -> bool:
        """Threads stay short: the first message of one alone, and none that bounces."""
        return self is not Wanted.REPLY and _fate(number) == "success"


def wanted(number: int) -> Iterator[Wanted]:
    """What is done at this turn: one message, and now and then something beside it."""
    if number % 20 == 0:
        yield Wanted.FILE
    elif number % 10 == 5:
        yield Wanted.REPLY
    elif number % 50 == 7:
        yield Wanted.REPEATED
    else:
        yield Wanted.PLAIN
    if number % 25 == 3:
        yield Wanted.RECEIVED
    if number % 5 == 1:
        yield Wanted.READ


def _fate(number: int) -> str:
    return "bounce" if number % _BOUNCES == 42 else "success"
