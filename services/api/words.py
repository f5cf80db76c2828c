"""The words by which a message is found: the same on both sides, and never syntax.

Words are made here, not by a parser of Postgres, so no dictionary or locale has a say, and
nothing that is typed into a query means anything but its words. What is stored and what is asked
go through the one function `words`.

A message is found by its subject, its text (that of its HTML where it has no other), and its
sender's name and address. The index is made in sets behind the accept (`services.api.search`).
"""

import re
from collections.abc import Iterable
from html import unescape
from itertools import accumulate, chain
from typing import Final
from unicodedata import category, normalize

MAX_TEXT: Final = 100_000
"""Characters of a message's text that are read."""
MAX_WORD: Final = 100  # characters; Postgres takes 2046 octets for a lexeme
MAX_DOCUMENT: Final = 400_000  # octets of all words; Postgres takes 1,048,575 for a tsvector
NARROWING_WORDS: Final = 4
NARROWING_LENGTH: Final = 3
"""The beginnings of words that are shorter are those of half of all words."""

# Written without spaces: each character is a word of its own, so that a word is found in a
# sentence. Kana, CJK ideographs with their extensions and compatibility forms.
_UNSPACED: Final = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ASTRAL: Final = "\U00020000-\U0003ffff"
# Vowel signs of many scripts are marks, which `\w` leaves out.
_MARKS: Final = "".join(
    chr(point) for point in range(0x300, 0x1F000) if category(chr(point)).startswith("M")
)
_WORD: Final = re.compile(rf"[{_UNSPACED}{_ASTRAL}]|(?:[^\W_{_UNSPACED}{_ASTRAL}]|[{_MARKS}])+")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")

# Linear whatever comes, which html.parser of CPython 3.11.7 is not (CVE-2025-6069): mail is
# written by strangers.
_TAG: Final = re.compile(r"<([/!?a-zA-Z][^<>]*)>")
_TAG_NAME: Final = re.compile(r"/?([a-z0-9]*)")
_INLINE: Final = re.compile(r"/?(?:a|abbr|b|big|em|font|i|mark|s|small|span|strong|su[bp]|u)\b")
_UNSEEN: Final = frozenset({"script", "style", "title"})


def words(text: str) -> list[str]:
    """The words of a text as they are compared: no case, no compatibility forms."""
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        folded = normalize("NFKC", normalize("NFKC", text).casefold())
        # The Turkish dotted capital I folds to an i with a dot above; a plain i is what is typed.
        found = _WORD.findall(folded.replace("i\u0307", "i"))
    return [word[:MAX_WORD] for word in found]


def document(subject: str, sender: Iterable[str], text: str | None, html: str | None) -> list[str]:
    """The distinct words of a message; `sender`: its name and its address."""
    body = text[:MAX_TEXT] if text else text_of_html((html or "")[:MAX_TEXT])
    parts = (*sender, subject[:MAX_TEXT], body)
    distinct = list(dict.fromkeys(chain.from_iterable(map(words, parts))))
    if len("".join(distinct).encode()) <= MAX_DOCUMENT:
        return distinct
    sizes = accumulate(len(word.encode()) for word in distinct)
    return [word for word, size in zip(distinct, sizes, strict=True) if size <= MAX_DOCUMENT]


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


def query(text: str) -> tuple[str, str] | None:
    """A caller's words as two tsqueries, or None where there is no word.

    The first wants every word; the second a few of the longest, which are the rarest: that is
    what the index is asked, so that no query, however long, costs more than those.
    """
    wanted = list(dict.fromkeys(words(text[:MAX_TEXT])))
    if not wanted:
        return None
    longest = sorted(wanted, key=len, reverse=True)[:NARROWING_WORDS]
    narrowing = [word for word in longest if len(word) >= NARROWING_LENGTH] or longest[:1]
    return _all_of(wanted), _all_of(narrowing)


def _all_of(wanted: Iterable[str]) -> str:
    """Each the beginning of a word, all of them needed. Words hold no quote and no backslash."""
    return " & ".join(f"'{word}':*" for word in wanted)
