"""Bodies and attachments, every octet 7-bit and no line over 998: RFC 2045, 2046, 2183 and 2231."""

import binascii
import re
import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from common.headers import clean_file_name
from services.sender.mime.headers import LIMIT, encoded_words, field

COLUMNS = 76  # RFC 2045 section 6.8
_BLOCK = COLUMNS // 4 * 3 * 64  # octets, 64 full lines
_PIECE = _BLOCK * 256  # octets, nearly a MB
UNKNOWN_TYPE = "application/octet-stream"

# RFC 2045 section 2.7, without the controls that some servers drop or turn into line ends.
_PLAIN = bytes([*b"\t\r\n", *range(0x20, 0x7F)])
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}"  # RFC 6838 section 4.2, half as long
_CONTENT_TYPE = re.compile(rf"({_NAME})/{_NAME}")
# Their base64 is forbidden (RFC 2045 section 6.4, RFC 2046 section 5.2.1), and unencoded their
# octets would not survive the way. They go as plain octets; readers open an .eml by its name.
_NEVER_ENCODED = frozenset({"message", "multipart"})


class Part(NamedTuple):
    """`head`: the fields, each with its CRLF. `body`: encoded, in pieces that end where lines do:
    what is put together of parts has their pieces, and no copy of a large file."""

    head: str
    body: list[bytes]


def text_part(subtype: str, text: str) -> Part:
    """Write text as lines: each line end becomes CRLF, and the last line gets one if need be."""
    lines = text.encode().splitlines()  # of octets: at CR, LF and CRLF only, unlike that of str
    encoding, body = _encoded(b"\r\n".join(lines) + b"\r\n", max(map(len, lines), default=0))
    head = field("Content-Type", [f"text/{subtype};", 'charset="utf-8"'])
    return Part(head + field("Content-Transfer-Encoding", [encoding]), body)


def _encoded(raw: bytes, longest: int) -> tuple[str, list[bytes]]:
    if longest <= LIMIT and not raw.translate(None, _PLAIN):
        return "7bit", [raw]
    quoted = binascii.b2a_qp(raw, istext=True)
    if len(quoted) <= len(raw) * 4 // 3 * (COLUMNS + 2) // COLUMNS:
        return "quoted-printable", [quoted]
    return "base64", base64_lines(raw)


def base64_lines(content: bytes) -> list[bytes]:
    """Encode by pieces, each with the end of its last line where another one follows."""
    view = memoryview(content)
    return [_base64_piece(view, start) for start in range(0, len(view), _PIECE)]


def _base64_piece(content: memoryview, start: int) -> bytes:
    """By blocks that stay in the processor's cache: nearly twice as fast as line by line."""
    piece = content[start : start + _PIECE]
    blocks = [_base64_block(piece[at : at + _BLOCK]) for at in range(0, len(piece), _BLOCK)]
    if start + _PIECE < len(content):
        blocks.append(b"")
    return b"\r\n".join(blocks)


def _base64_block(block: memoryview) -> bytes:
    encoded = binascii.b2a_base64(block, newline=False)
    starts = range(0, len(encoded), COLUMNS)
    return b"\r\n".join([encoded[start : start + COLUMNS] for start in starts])


def attachment_part(name: str, content_type: str, content: bytes) -> Part:
    """Write a file. Of its type only a safe `type/subtype` is kept, of its name what is safe:
    no quote, backslash or question mark, so that ASCII can stand between quotes as it is."""
    file_name = clean_file_name(name)
    head = (
        field("Content-Type", [f"{_safe_type(content_type)};", *_type_name(file_name)])
        + field("Content-Transfer-Encoding", ["base64"])
        + field("Content-Disposition", ["attachment;", *_disposition_name(file_name)])
    )
    return Part(head, base64_lines(content))


def _safe_type(content_type: str) -> str:
    bare = content_type.partition(";")[0].strip(" ").lower()
    match = _CONTENT_TYPE.fullmatch(bare)
    return bare if match and match.group(1) not in _NEVER_ENCODED else UNKNOWN_TYPE


def _type_name(name: str) -> list[str]:
    """`name=` is older than RFC 2231: there, and for some only there, encoded words are read."""
    if name.isascii():
        return [f'name="{name}"']
    return f'name="{" ".join(encoded_words(name))}"'.split(" ")


def _disposition_name(name: str) -> list[str]:
    """On one line (at most 783 octets): not all readers join the numbered pieces of RFC 2231."""
    if name.isascii():
        return [f'filename="{name}"']
    return [f"filename*=utf-8''{quote(name, safe='')}"]


def multipart(subtype: str, parts: Sequence[Part]) -> Part:
    """Put parts into one, between boundaries that occur in none of them."""
    boundary = draw_boundary([piece for part in parts for piece in part.body])
    delimiter = f"--{boundary}\r\n"
    pieces: list[bytes] = []
    for part in parts:
        pieces += (f"{delimiter}{part.head}\r\n".encode("ascii"), *part.body, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    head = field("Content-Type", [f"multipart/{subtype};", f'boundary="{boundary}"'])
    return Part(head, pieces)


def _random_boundary() -> str:
    return f"=_{secrets.token_hex(16)}"  # "=_" stands in no base64 and no quoted-printable


def draw_boundary(pieces: Sequence[bytes], draw: Callable[[], str] = _random_boundary) -> str:
    """Draw until no piece has it: nobody can guess one, but a body may quote an older mail."""
    while True:
        boundary = draw()
        octets = boundary.encode("ascii")
        if not any(octets in piece for piece in pieces):
            return boundary
