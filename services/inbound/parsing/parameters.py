"""Values with parameters: Content-Type and Content-Disposition (RFC 2045, 2183, 2231). Linear."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from services.inbound.parsing import charsets
from services.inbound.parsing.encoded_words import decode_words

# Octets as Latin-1, so that a boundary is found as it is.
_PARAMETER: Final = re.compile(r'([^;=]*+)(?:=[ \t]*+("(?:[^"\\]|\\.)*+"?|[^;]*+)[^;]*+)?(?:;|\Z)')
_ESCAPED: Final = re.compile(r"\\(.)")
_LINE_ENDS: Final = re.compile(r"[\r\n]+")
_COMMENT: Final = re.compile(r"\([^()]*+\)")
_SECTION: Final = re.compile(r"([^*]++)(?:\*([0-9]{1,4}))?(\*)?")
_MOST: Final = 200  # parameters; the others are left out


@dataclass(frozen=True, slots=True)
class Value:
    """`word`: what stands before the parameters, in lower case."""

    word: str
    parameters: dict[str, "Octets"] = field(default_factory=dict)

    def octets(self, name: str) -> bytes:
        """As they came; b"" without such a parameter."""
        found = self.parameters.get(name)
        return found.data if found else b""

    def text(self, name: str) -> str:
        """As a reader sees it: RFC 2231, or the encoded words that stand there in real mail."""
        found = self.parameters.get(name)
        return found.text() if found else ""


@dataclass(frozen=True, slots=True)
class Octets:
    """`charset`: as RFC 2231 names it, None where the parameter is a plain one."""

    data: bytes
    charset: str | None = None

    def text(self) -> str:
        if self.charset is None:
            return decode_words(charsets.decode(self.data))
        return charsets.decode(self.data, self.charset)


def read_value(value: bytes) -> Value:
    """`text/plain; charset=utf-8`, whatever its writer made of it."""
    text = _LINE_ENDS.sub("", value.decode("latin-1"))
    word, _, rest = text.partition(";")
    return Value(_COMMENT.sub("", word).strip().lower(), _joined(_listed(rest)))


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for count, found in enumerate(_PARAMETER.finditer(text)):
        if count >= _MOST:
            return
        name, value = found.group(1).strip().lower(), (found.group(2) or "").strip()
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))
        if name:
            yield name, value


def _joined(listed: Iterator[tuple[str, str]]) -> dict[str, Octets]:
    """Each name once. What RFC 2231 extends stands before a plain one of the name, which is there
    for old readers; of two equal ones the first.
    """
    plain: dict[str, Octets] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in listed:
        found = _SECTION.fullmatch(name)
        if found is None or found.group(0) == found.group(1):
            plain.setdefault(name, Octets(value.encode("latin-1")))
        else:
            number = int(found.group(2) or 0)
            sections = pieces.setdefault(found.group(1), {})
            sections.setdefault(number, (value, found.group(3) is not None))
    whole = {name: _whole(sections) for name, sections in pieces.items() if 0 in sections}
    return plain | whole


def _whole(sections: dict[int, tuple[str, bool]]) -> Octets:
    """The sections up to the first that is missing."""
    charset: str | None = None
    data = b""
    for number in range(len(sections)):
        if number not in sections:
            break
        value, extended = sections[number]
        if extended and number == 0 and value.count("'") >= 2:  # noqa: PLR2004 - charset'language'
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if extended else value.encode("latin-1")
    return Octets(data, charset)
