"""What a part carries: its bytes, its names, what they are by their look."""

import re
from mimetypes import MimeTypes
from typing import Final

import puremagic

from common.headers import NAMELESS_FILE, clean_file_name, clean_text
from services.inbound.parsing.parameters import read_value
from services.inbound.parsing.structure import Part
from services.inbound.parsing.transfer import decode_base64, decode_quoted_printable

_LOOKED_AT: Final = 4096  # bytes
_SURE: Final = 0.3
"""By puremagic: three bytes of a kind, or two where the name says the same."""
_LONGEST_ID: Final = 250
# The names and types that are not in Python's own table, which no machine changes.
_STEMS: Final = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "text/calendar": "invite.ics",
    "text/x-amp-html": "amp.html",
    "text/html": "message.html",
    "text/plain": "message.txt",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/ms-tnef": "winmail.dat",
}
_EXTENSIONS: Final = MimeTypes()
# Plain text is taken for many things; only of these is it sure.
_TEXTS: Final = frozenset({"text/calendar", "text/html", "text/rtf", "text/x-vcard", "text/xml"})
_PROGRAM: Final = "application/vnd.microsoft.portable-executable"
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


def content_of(raw: bytes, part: Part) -> bytes:
    """Decoded; as it came where its encoding is none of RFC 2045's."""
    match transfer_encoding(part):
        case "base64":
            return decode_base64(raw, part.start, part.end)
        case "quoted-printable":
            return decode_quoted_printable(raw, part.start, part.end)
        case _:
            return raw[part.start : part.end]


def transfer_encoding(part: Part) -> str:
    return read_value(part.head.raw("content-transfer-encoding")).word


def disposition(part: Part) -> str:
    """`attachment`, `inline`, another word, or "" where nothing is said."""
    return read_value(part.head.raw("content-disposition")).word


def given_name(part: Part) -> str:
    """The file name as its sender wrote it; "" without one."""
    given = read_value(part.head.raw("content-disposition")).text("filename")
    return given.strip() or part.type.text("name").strip()


def file_name(part: Part) -> str:
    """One that any system can save under, by the type where none was given."""
    given = given_name(part)
    if given:
        return clean_file_name(given)
    if known := _STEMS.get(part.content_type):
        return known
    kind = part.content_type.partition("/")[0]
    stem = kind if kind in {"audio", "image", "video"} else NAMELESS_FILE
    return stem + (_EXTENSIONS.guess_extension(part.content_type) or ".bin")


def content_id(part: Part) -> str | None:
    """Without the < > that it has as a header."""
    found = clean_text(part.head.text("content-id")).strip("<> ")
    return found if 0 < len(found) <= _LONGEST_ID else None


def detected_type(content: bytes, name: str) -> str | None:
    """What it is by its first bytes; None where they tell nothing. The name only decides between
    types that begin alike, as those of Office do.
    """
    start = content[:_LOOKED_AT]
    if start.startswith(b"MZ"):
        return _PROGRAM
    try:
        found = puremagic.magic_string(start, name)
    except (puremagic.PureError, ValueError):
        return None
    sure = (one.mime_type for one in found if one.confidence >= _SURE)
    return next((kind for kind in sure if _is_telling(kind)), None)


def _is_telling(kind: str) -> bool:
    return bool(_TYPE.fullmatch(kind)) and (not kind.startswith("text/") or kind in _TEXTS)
