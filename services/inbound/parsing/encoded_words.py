"""Encoded words of headers (RFC 2047), also where they stand against its rules: within quotes,
without a space between, with a character cut in two. Linear time.
"""

import binascii
import re
from typing import Final

from services.inbound.parsing import charsets
from services.inbound.parsing.transfer import decode_base64

# A text without "?" in it, so that no start is looked at twice; Base64 that is none is left.
_WORD: Final = re.compile(r"=\?([^?\s]{1,75})\?(?:[bB]\?([A-Za-z0-9+/= \t]*)|[qQ]\?([^?\r\n]*))\?=")


def decode_words(text: str) -> str:
    """The text with its encoded words read; what cannot be is left."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    octets, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        gap, named = text[end : word.start()], word.group(1).partition("*")[0].lower()
        apart = end == 0 or bool(gap.strip())
        if apart or named != charset:
            pieces.append(charsets.decode(octets, charset))
            octets = b""
        if apart:
            pieces.append(gap)
        octets += _octets(word.group(2), word.group(3))
        charset, end = named, word.end()
    return "".join([*pieces, charsets.decode(octets, charset), text[end:]])


def _octets(base64: str | None, quoted: str | None) -> bytes:
    if base64 is not None:
        return decode_base64(base64.encode(), 0, len(base64))
    return binascii.a2b_qp((quoted or "").encode("utf-8", "replace"), header=True)
