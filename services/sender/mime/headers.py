"""Header fields, folded and 7-bit: RFC 5322 sections 2.2.3 and 3.4, RFC 2047.

Every field of a mail or a part is written by `field`, and `field` writes visible ASCII and spaces
or nothing at all: whatever the checks before it may miss, no line can begin a second field.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from email import base64mime, quoprimime

from common.addresses import Address, is_wire_address, phrase
from common.headers import HeaderError, check_header_value, check_text

WIDTH = 78  # RFC 5322 section 2.1.1: what lines should keep to ...
LIMIT = 998  # ... and what they must keep to
WORD = 64  # octets of an encoded word; RFC 2047 allows 75, but "Reply-To: " must fit before one
ID_LIMIT = 500  # octets of a message id; RFC 5322 has no limit but that of the line
REFERENCES_FIRST, REFERENCES_LAST = 4, 16  # the root of the thread, and what came last

_FRAME = len("=?utf-8?q??=")
_MESSAGE_ID = re.compile(rf"<[!-;=?-~]{{1,{ID_LIMIT - 2}}}>")


def field(name: str, words: Sequence[str]) -> str:
    """Write one field with its CRLF, folded before a word where a line would pass 78 octets.

    Raises HeaderError if a word is not visible ASCII or longer than a line may be.
    """
    line = f"{name}: {' '.join(words)}".rstrip(" ")
    if not (line.isascii() and line.isprintable()):
        raise HeaderError(f"The header {name[:76]!r} would not be one line of visible ASCII.")
    if len(line) <= WIDTH:
        return f"{line}\r\n"
    return "\r\n ".join(_folded(f"{name}:", words)) + "\r\n"


def _folded(line: str, words: Sequence[str]) -> Iterator[str]:
    """The first word stays with the name: readers show a fold there as a space (CPython 3.11)."""
    width = LIMIT
    for word in words:
        if len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}"
        width = WIDTH - 1  # a line after the first begins with a space
        if len(line) >= LIMIT:
            raise HeaderError("A header has a word that is longer than a line of mail may be.")
    yield line


def text_field(name: str, text: str) -> str:
    """Write a text that arrives exactly as typed, double spaces and encoded-word lookalikes too."""
    return field(name, text.split(" ") if _is_plain(check_text(text)) else encoded_words(text))


def _is_plain(text: str) -> bool:
    """Tell whether a reader gets this back as typed, unencoded and whatever spaces it folds at."""
    return text.isascii() and "=?" not in text and "  " not in text and text == text.strip(" ")


def caller_field(name: str, value: str) -> str:
    """Write a caller's header. It may have a syntax, so ASCII stays bare; runs of spaces shrink."""
    text = _single_spaced(check_header_value(value))
    return field(name, text.split(" ") if text.isascii() else encoded_words(text))


def _single_spaced(text: str) -> str:
    return " ".join([word for word in text.split(" ") if word])


def address_field(name: str, addresses: Iterable[Address]) -> str:
    """Write a list of addresses, a comma after each but the last. Names get single spaces."""
    words: list[str] = []
    for address in addresses:
        words += _mailbox(address)
        words[-1] += ","
    words[-1] = words[-1][:-1]
    return field(name, words)


def _mailbox(address: Address) -> list[str]:
    if not is_wire_address(address.email):
        raise HeaderError("An address is not one that the wire can carry.")
    if not (name := _single_spaced(check_header_value(address.name))):
        return [address.email]
    written = [phrase(name)] if len(name) < WORD and _is_plain(name) else encoded_words(name)
    return [*written, f"<{address.email}>"]


def encoded_words(text: str) -> list[str]:
    """Write text as UTF-8 encoded words: Q or B, whichever is shorter; no character is cut."""
    octets = text.encode()
    if quoprimime.header_length(octets) <= base64mime.header_length(octets):
        pieces = _pieces(text, WORD - _FRAME, quoprimime.header_length)
        return [quoprimime.header_encode(piece, "utf-8") for piece in pieces]
    pieces = _pieces(text, (WORD - _FRAME) // 4 * 3, len)
    return [base64mime.header_encode(piece, "utf-8") for piece in pieces]


def _pieces(text: str, room: int, length: Callable[[bytes], int]) -> Iterator[bytes]:
    """Cut between characters, because each encoded word is decoded alone (RFC 2047 section 5)."""
    piece, used = b"", 0
    for octets in map(str.encode, text):
        needed = length(octets)
        if used + needed > room:
            yield piece
            piece, used = b"", 0
        piece += octets
        used += needed
    yield piece


def is_message_id(token: str) -> bool:
    """Tell whether this is a `<...>` that may be written: received mail brings all sorts."""
    return _MESSAGE_ID.fullmatch(token) is not None and "=?" not in token


def references(own: str, chain: Iterable[str], parent: str | None) -> list[str]:
    """Our own id first, since SES overwrites Message-ID but keeps References; the parent's last.

    Without repetition and at most 20: the first four say which thread, the last ones where in it.
    RFC 5322 section 3.6.4.
    """
    last = [parent] if parent is not None and is_message_id(parent) and parent != own else []
    known = dict.fromkeys([own, *(token for token in chain if is_message_id(token))])
    ids = [token for token in known if token not in last] + last
    if len(ids) <= REFERENCES_FIRST + REFERENCES_LAST:
        return ids
    return ids[:REFERENCES_FIRST] + ids[-REFERENCES_LAST:]
