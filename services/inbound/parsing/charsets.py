"""Bytes of any charset, named, misnamed or unnamed, as text that Postgres takes."""

import codecs
import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9_.:+()-]{1,40}")
# Python's codecs are not all charsets: `punycode` takes quadratic time, `unicode_escape` obeys.
_CHARSET: Final = re.compile(
    r"utf|iso|ascii|latin|cp\d|koi8|gb|big5|euc|shift_jis|johab|hz|mac|tis|kz|ptcp|hp"
)
_LATIN: Final = frozenset({"ascii", "iso8859-1", "cp1252", "iso8859-15"})
"""What programs name when they know no better: no byte is wrong in it, so it is believed last."""
_ALIASES: Final = {
    "cp-850": "cp850",
    "ks_c_5601-1987": "cp949",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso8859_8",
}
# What senders mean, as browsers read it (https://encoding.spec.whatwg.org/#names-and-labels).
_WIDER: Final = {
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "iso8859-9": "cp1254",
    "utf-8": "utf-8-sig",
}
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?")


def decode(data: bytes, charset: str = "") -> str:
    """The text as its writer most likely meant it. Never fails."""
    return clean(_decoded(data, codec_of(charset)))


def clean(text: str) -> str:
    """Without what Postgres or UTF-8 refuses."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def lines(text: str) -> str:
    """With line ends as everybody outside of mail writes them."""
    return _LINE_END.sub("\n", text)


def codec_of(charset: str) -> str | None:
    """The codec of Python for a charset's name; None where there is none, or it names no
    particular charset.
    """
    name = charset.strip(" \t'\"").lower()
    if not _NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(_ALIASES.get(name, name)).name
    except LookupError:
        return None
    if found in _LATIN or not _CHARSET.match(found):
        return None
    return _WIDER.get(found, found)


def _decoded(data: bytes, codec: str | None) -> str:
    for strict in (codec, "utf-8-sig"):
        if strict is not None:
            try:
                return data.decode(strict)
            except (UnicodeError, ValueError):
                continue
    if codec is None:
        return _latin(data)
    text = data.decode(codec, "replace")
    # Not one character beyond ASCII is right: it is no such charset.
    return _latin(data) if text.replace("\ufffd", "").isascii() else text


def _latin(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeError:
        return data.decode("latin-1")
