"""How a mail comes back from the process that has parsed it: JSON, then the bytes of its files.

That process has read a stranger's bytes and is not trusted: what it says is checked by types and by
sizes, and nothing of it can be code, as a pickle would be.

WireError(ValueError)   this is no answer
"""

import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from pydantic import TypeAdapter, ValidationError

from services.inbound.parsing.mail import Mail

LONGEST_JSON: Final = 128 << 20
"""Bytes: 4 MiB of text and of HTML each, of which an octet may become six characters of JSON."""

_MAIL: Final = TypeAdapter(Mail)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # its backslash is not itself escaped


class WireError(ValueError):
    """The other process has not answered as it should."""


def decode(json: bytes, read: Callable[[int], bytes], most: int) -> Mail:
    """In the JSON a file's `content` is its size. `read` gives that many bytes of what follows;
    `most` bytes have all files together.
    """
    try:
        value = orjson.loads(json)
        for file in value["files"]:
            file["content"] = _content(file["content"], read, most)
            most -= len(file["content"])
        mail = _MAIL.validate_python(value)
    except (ValidationError, orjson.JSONDecodeError, TypeError, LookupError) as error:
        raise WireError("the answer is no mail") from error
    if _NUL.search(json):
        raise WireError("the answer has a NUL in it")
    return mail


def _content(size: Any, read: Callable[[int], bytes], most: int) -> bytes:
    if type(size) is not int or not 0 <= size <= most:
        raise WireError("a file is larger than the mail")
    return read(size)
