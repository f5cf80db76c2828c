"""The header block of a mail or of a part, by the bytes; linear time.

It ends at an empty line, or before the first line that is no header.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.inbound.parsing import caps, charsets
from services.inbound.parsing.encoded_words import decode_words

_END: Final = rb"(?:\r\n|\n|\r)"
_FIELD: Final = re.compile(
    rb"(?!--)([!-9;-~]+)[ \t]*:([^\r\n]*+(?:" + _END + rb"[ \t][^\r\n]*+)*+)(?:" + _END + rb"|\Z)"
)
_EMPTY_LINE: Final = re.compile(_END)
# Lines that programs put before a mail, as in a file of mbox.
_ENVELOPE_LINE: Final = re.compile(rb">?From [^\r\n]*" + _END)
_GLANCE: Final = 64 * caps.KIB  # of a mail that cannot be read as a whole
_LINE_ENDS: Final = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Head:
    """`fields`: names in lower case and values, in their order. `end`: where the body begins."""

    fields: tuple[tuple[str, bytes], ...]
    end: int

    def raw(self, name: str) -> bytes:
        """The first value of a header; b"" without one. `name` in lower case."""
        return next(self._all(name), b"")

    def text(self, name: str) -> str:
        """The same, as text on one line, with its encoded words as they are."""
        return unfolded(self.raw(name))

    def decoded(self, name: str) -> str:
        """The same, as a reader sees it."""
        return decode_words(self.text(name)).strip()

    def texts(self, name: str) -> list[str]:
        """All values of a header that should be there once but often is not."""
        return [unfolded(value) for value in self._all(name)]

    def names(self) -> set[str]:
        return {name for name, _ in self.fields}

    def _all(self, name: str) -> Iterator[bytes]:
        return (value for known, value in self.fields if known == name)


def unfolded(value: bytes) -> str:
    """RFC 5322 section 2.2.3; bytes beyond ASCII are UTF-8, or what Windows wrote."""
    return _LINE_ENDS.sub("", charsets.decode(value)).strip(" \t")


def read_head(raw: bytes, start: int = 0) -> Head:
    """The block that begins there; BreachError where it or one header is too large."""
    at, limit = start, start + caps.HEAD + 1
    if envelope := _ENVELOPE_LINE.match(raw, at, limit):
        at = envelope.end()
    fields: list[tuple[str, bytes]] = []
    while field := _FIELD.match(raw, at, limit):
        caps.check_header(field.end() - at)
        at = field.end()
        caps.check_head(at - start)
        fields.append((field.group(1).decode("ascii").lower(), field.group(2)))
    if _FIELD.match(raw, at, at + caps.HEADER):  # one more, that the limit has cut
        caps.check_head(limit - start)
    if empty := _EMPTY_LINE.match(raw, at):
        at = empty.end()
    return Head(tuple(fields), at)


def glance_at_head(raw: bytes) -> Head:
    """The first headers of a mail that cannot be read as a whole; too long ones are left out."""
    fields: list[tuple[str, bytes]] = []
    at = 0
    if envelope := _ENVELOPE_LINE.match(raw, 0, _GLANCE):
        at = envelope.end()
    while field := _FIELD.match(raw, at, _GLANCE):
        at = field.end()
        if len(field.group()) <= caps.HEADER:
            fields.append((field.group(1).decode("ascii").lower(), field.group(2)))
    return Head(tuple(fields), at)
