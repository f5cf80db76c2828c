"""What a reader sees of HTML, without what it quotes: enough to tell what is new in it.

Linear whatever comes, which html.parser of CPython 3.11.7 is not (CVE-2025-6069).
"""

import re
from html import unescape
from typing import Final

_TAG: Final = re.compile(r"<([/!?a-zA-Z][^<>]*)>")
_NAME: Final = re.compile(r"/?([a-z0-9]*)")
_SPACE: Final = re.compile(r"\s+")
_MANY_LINES: Final = re.compile(r"\n{3,}")
_UNSEEN: Final = frozenset({"blockquote", "script", "style", "title"})
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"}
    | {"pre", "section", "table", "tr", "ul"}
)
# Of the element that says who wrote what is quoted, or is the quote, the signature, or hidden.
_LEFT_OUT: Final = (
    "display:none",
    "display: none",
    "gmail_attr",
    "gmail_signature",
    "moz-cite-prefix",
    "moz-signature",
    "protonmail_quote",
    "protonmail_signature",
    "yahoo_quoted",
)
# Of the element behind which all is quoted: Outlook's.
_ENDS: Final = ("appendonsend", "divrplyfwdmsg", "ms-outlook-mobile-reference-message")


def text_of_html(html: str) -> str:
    """Its text, by lines."""
    kept: list[str] = []
    skipped, depth = "", 0
    for at, piece in enumerate(_TAG.split(_without_comments(html))):
        if at % 2 == 0:
            if not skipped:
                kept.append(_SPACE.sub(" ", piece))
            continue
        tag = piece.lower()
        name, closes = _name_of(tag), tag.startswith("/")
        if skipped:
            depth += (name == skipped) * (-1 if closes else 1)
            skipped = skipped if depth else ""
            continue
        if any(mark in tag for mark in _ENDS):
            break
        if not closes and _is_left_out(name, tag):
            skipped, depth = name, 1
        kept.append(_break(name))
    return _tidied(unescape("".join(kept)))


def _is_left_out(name: str, tag: str) -> bool:
    if name in _UNSEEN:
        return True
    return name in {"div", "p", "span", "table"} and any(mark in tag for mark in _LEFT_OUT)


def _break(name: str) -> str:
    if name == "p":
        return "\n\n"
    if name in _BLOCKS:
        return "\n"
    return " " if name in {"td", "th"} else ""


def _name_of(tag: str) -> str:
    found = _NAME.match(tag)
    return found.group(1) if found else ""


def _without_comments(html: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, html[at:]])


def _tidied(text: str) -> str:
    by_line = "\n".join(line.strip() for line in text.split("\n"))
    return _MANY_LINES.sub("\n\n", by_line).strip()
