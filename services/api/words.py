"""The words by which a message is found: the same on both sides, and never syntax.

Words are made here, not by a parser of Postgres, so no dictionary or locale has a say, and
nothing that is typed into a query means anything to Postgres but its words. What is stored
(`services.api.documents`) and what is asked (`services.api.language`) go through the one function
`words`.
"""

import re
from html import unescape
from typing import Final
from unicodedata import category, normalize

MAX_TEXT: Final = 100_000
"""Characters of a message's text that are read."""
MAX_WORD: Final = 100  # characters; Postgres takes 2046 octets for a lexeme

# Written without spaces: each character is a word of its own, so that a word is found in a
# sentence. Kana, CJK ideographs with their extensions and compatibility forms.
_UNSPACED: Final = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ASTRAL: Final = "\U00020000-\U0003ffff"
# Vowel signs of many scripts are marks, which `\w` leaves out.
_MARKS: Final = "".join(
    chr(point) for point in range(0x300, 0x1F000) if category(chr(point)).startswith("M")
)
_WORD: Final = re.compile(rf"[{_UNSPACED}{_ASTRAL}]|(?:[^\W_{_UNSPACED}{_ASTRAL}]|[{_MARKS}])+")
# By ASCII's number: a letter in lower case, a digit, or the space between words. A pattern takes
# three times as long (tests/bench).
_ASCII: Final = "".join(chr(point).lower() if chr(point).isalnum() else " " for point in range(128))

# Linear whatever comes, which html.parser of CPython 3.11.7 is not (CVE-2025-6069): mail is
# written by strangers.
_TAG: Final = re.compile(r"<([/!?a-zA-Z][^<>]*)>")
_TAG_NAME: Final = re.compile(r"/?([a-z0-9]*)")
_INLINE: Final = re.compile(r"/?(?:a|abbr|b|big|em|font|i|mark|s|small|span|strong|su[bp]|u)\b")
_UNSEEN: Final = frozenset({"script", "style", "title"})


def words(text: str) -> list[str]:
    """The words of a text as they are compared: no case, no compatibility forms."""
    if text.isascii():
        found = text.translate(_ASCII).split()
    else:
        folded = normalize("NFKC", normalize("NFKC", text).casefold())
        # The Turkish dotted capital I folds to an i with a dot above; a plain i is what is typed.
        found = _WORD.findall(folded.replace("i\u0307", "i"))
    if len(max(found, key=len, default="")) <= MAX_WORD:
        return found
    return [word[:MAX_WORD] for word in found]


def text_of_html(html: str) -> str:
    """What a reader sees of it, roughly: enough to be found by."""
    kept: list[str] = []
    hidden_until = ""
    for at, piece in enumerate(_TAG.split(html)):
        if at % 2 == 0:
            if not hidden_until:
                kept.append(piece)
            continue
        tag = piece.lower()
        name = _name_of(tag)
        if hidden_until:
            hidden_until = "" if tag.startswith("/") and name == hidden_until else hidden_until
        elif name in _UNSEEN and not tag.startswith("/"):
            hidden_until = name
        if not _INLINE.match(tag):
            kept.append(" ")
    return unescape("".join(kept))


def _name_of(tag: str) -> str:
    match = _TAG_NAME.match(tag)
    return match.group(1) if match else ""
