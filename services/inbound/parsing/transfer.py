"""Content transfer encodings (RFC 2045 section 6), decoded in pieces: a file of 40 MB is held as it
came and as it is, and not once more for each step. Linear time.
"""

import binascii
from io import BytesIO
from typing import Final

_PIECE: Final = 1 << 20
_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


def decode_base64(data: bytes, start: int, end: int) -> bytes:
    """All of `data[start:end]` that is to be had before the first padding: other characters are
    passed over, a cut end loses its last byte (RFC 2045 section 6.8).
    """
    decoded, rest, size = BytesIO(), b"", -1
    while start < end and size < 0:
        digits = rest + data[start : min(start + _PIECE, end)].translate(None, _NOT_BASE64)
        size = digits.find(b"=")
        digits = digits if size < 0 else digits[:size]
        whole = len(digits) // 4 * 4
        decoded.write(binascii.a2b_base64(memoryview(digits)[:whole]))
        rest = digits[whole:]
        start += _PIECE
    if len(rest) > 1:
        decoded.write(binascii.a2b_base64(rest + b"=" * (4 - len(rest))))
    return decoded.getvalue()  # no copy


def decode_quoted_printable(data: bytes, start: int, end: int) -> bytes:
    """All of `data[start:end]`; what is not well-formed stays as it is (RFC 2045 section 6.7). By
    pieces of whole lines, as nothing goes on from one to the next.
    """
    decoded = BytesIO()
    while start < end:
        line_end = data.find(b"\n", start + _PIECE, end)
        until = end if line_end < 0 else line_end + 1
        decoded.write(binascii.a2b_qp(memoryview(data)[start:until]))
        start = until
    return decoded.getvalue()
