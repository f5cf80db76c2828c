"""Lists of addresses as strangers write them (RFC 5322 section 3.4, and worse). Linear time.

The encoded words of a name are read after the syntax is, so none can bring in an address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from common.headers import clean_text
from services.inbound.parsing.encoded_words import decode_words
from services.inbound.parsing.mail import Mailbox

MOST: Final = 1000
_LONGEST_EMAIL: Final = 320
_LONGEST_NAME: Final = 200

# What is not closed goes to the end, so that no start is looked at twice.
_TOKEN: Final = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+"?)|(?P<angle><[^<>]*+>?)|(?P<special>[(),:;])'
    r'|(?P<text>[^"<(),:;]++)'
)
_ESCAPED: Final = re.compile(r"\\(.)")
_ROUTE: Final = re.compile(r"\A@[^:]*+:")  # RFC 5322 section 4.4
_SPACE: Final = re.compile(r"\s+")


def read_mailboxes(texts: Iterable[str]) -> tuple[Mailbox, ...]:
    """Everybody in these headers, each address once, in their order; groups are opened."""
    found: dict[str, Mailbox] = {}
    for text in texts:
        for mailbox in _Reader().read(text):
            if mailbox.email.strip("@") and len(found) < MOST:
                found.setdefault(mailbox.email.casefold(), mailbox)
    return tuple(found.values())


def read_sender(text: str) -> Mailbox | None:
    """The first who has an address; else the words that stand there, with no address."""
    listed = _Reader().read(text)
    whole = [one for one in listed if "@" in one.email]
    if whole or listed:
        return (whole or listed)[0]
    return None


@dataclass(slots=True)
class _Reader:
    """`before`: words without an address before a comma, as in `Doe, Jo <jo@example.com>`."""

    words: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: str | None = None
    before: str = ""
    depth: int = 0
    found: list[Mailbox] = field(default_factory=list)

    def read(self, text: str) -> list[Mailbox]:
        closed = _ESCAPED.sub("", text).count('"') % 2 == 0
        for token in _TOKEN.finditer(text if closed else text.replace('"', "")):
            if self.depth and token.group() not in {"(", ")"}:
                self.comment.append(token.group())
            elif token.lastgroup == "special":
                self._special(token.group())
            elif token.lastgroup == "angle" and (self.angle is None or "@" not in self.angle):
                self.angle = token.group().strip("<> \t")
            elif token.lastgroup == "quoted":
                self.words.append(_ESCAPED.sub(r"\1", token.group()[1:].removesuffix('"')))
            elif token.lastgroup == "text":
                self.words.append(token.group())
        self._flush()
        if not self.found and self.before:
            self.found.append(_mailbox("", self.before))
        return self.found

    def _special(self, mark: str) -> None:
        if mark == "(":
            self.depth += 1
        elif mark == ")":
            self.depth = max(0, self.depth - 1)
        elif mark == ":":  # the name of a group ends
            self.words.clear()
            self.before = ""
        else:
            self._flush(wait=mark == ",")

    def _flush(self, *, wait: bool = False) -> None:
        words, comment = " ".join(self.words).strip(), " ".join(self.comment).strip()
        if self.angle is not None:
            self.found.append(_mailbox(self.angle, f"{self.before}{words}" or comment))
            self.before = ""
        elif "@" in words or (words and not self.before and not wait and " " not in words):
            self.found += _bare_mailboxes(words, comment)
            self.before = ""
        elif words:
            self.before = f"{self.before}{words}{', ' if wait else ''}"
        self.words.clear()
        self.comment.clear()
        self.angle = None


def _bare_mailboxes(words: str, comment: str) -> list[Mailbox]:
    """Addresses without their < >, perhaps with a name, perhaps several without a comma."""
    pieces = words.split()
    emails = [piece for piece in pieces if "@" in piece]
    if len(pieces) == 1 or any(piece != piece.strip("@") for piece in emails):
        return [_mailbox(words, comment)]  # RFC 5322 section 4.4 lets spaces be around the @
    name = " ".join(piece for piece in pieces if "@" not in piece)
    return [_mailbox(email, name or comment) for email in emails]


def _mailbox(email: str, name: str) -> Mailbox:
    bare = _SPACE.sub("", clean_text(_ROUTE.sub("", email)))
    shown = _SPACE.sub(" ", clean_text(decode_words(name))).strip(" ,'")
    return Mailbox(bare[:_LONGEST_EMAIL], shown[:_LONGEST_NAME])
