"""Encoded words of headers (RFC 2047), also where they stand against its rules: within quotes,
without a space between, with a character cut in two. Linear time.
"""

import binascii
import re
from typing import Final

from services.inbound.parsing import charsets

# A text without "?" in it, so that no start is looked at twice; Base64 that is none is left.
_WORD: Final = re.compile(r"=\?([^?\s]{1,75})\?(?:[bB]\?([A-Za-z0-9+/= \t]*)|[qQ]\?([^?\r\n]*))\?=")
_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


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
        return decode_base64(base64.encode())
    return binascii.a2b_qp((quoted or "").encode("utf-8", "replace"), header=True)


def decode_base64(data: bytes) -> bytes:
    """All that is to be had before the first padding: other characters are passed over, a cut end
    loses its last byte (RFC 2045 section 6.8).
    """
    digits = data.translate(None, _NOT_BASE64)
    padding = digits.find(b"=")
    size = len(digits) if padding < 0 else padding
    whole = size // 4 * 4
    rest = digits[whole:size]
    kept = binascii.a2b_base64(memoryview(digits)[:whole])
    return kept + binascii.a2b_base64(rest + b"=" * (4 - len(rest))) if len(rest) > 1 else kept
