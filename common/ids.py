"""Typed, sortable ids: a UUIDv7 (RFC 9562 section 5.7) in the spelling of TypeID 0.3.

The database holds the UUID, the wire carries `msg_01j3...`: 26 characters of Crockford's base32
in lower case behind a prefix that says what the thing is. Sorting by id is sorting by time.
"""

import re
import secrets
import time
from functools import lru_cache
from typing import Final
from uuid import UUID

ORGANIZATION: Final = "org"
API_KEY: Final = "key"
INBOX: Final = "inbox"
THREAD: Final = "thread"
MESSAGE: Final = "msg"
ATTACHMENT: Final = "att"
WEBHOOK: Final = "wh"
EVENT: Final = "evt"
DELIVERY: Final = "dlv"
ATTEMPT: Final = "atp"
REQUEST: Final = "req"

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS: Final = re.compile(f"[0-7][{_ALPHABET}]{{25}}")
# The letters with which `int` writes the same digits.
_DIGITS: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
# Ids are written ten times for each message, the same ones again and again; two letters at a time
# take half as long.
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS: Final = range(120, -1, -10)
_SUBMILLISECOND: Final = 4096


class IdError(ValueError):
    """The text is no id of the kind that was asked for."""


def new() -> UUID:
    """A UUIDv7. The 12 bits behind the millisecond hold its fraction (RFC 9562 section 6.2,
    method 3), so ids made within one millisecond sort in the order they were made.
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * _SUBMILLISECOND // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def first_at(seconds: float) -> UUID:
    """The smallest UUIDv7 of a moment (unix seconds): where a range of ids by time begins."""
    return UUID(int=int(seconds * 1000) << 80)


@lru_cache(4096)
def encode(prefix: str, uuid: UUID) -> str:
    """`encode("msg", uuid)` -> `msg_01j3...`."""
    value = uuid.int
    letters = "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])
    return f"{prefix}_{letters}"


@lru_cache(4096)
def decode(prefix: str, text: str) -> UUID:
    """The UUID behind a typed id; `IdError` for anything that `encode` cannot have written."""
    kind, _, letters = text.rpartition("_")
    if kind != prefix or not _LETTERS.fullmatch(letters):
        raise IdError(f"not an id of the form {prefix}_...")
    return UUID(int=int(letters.translate(_DIGITS), 32))
