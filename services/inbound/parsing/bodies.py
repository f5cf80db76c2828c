"""Which parts of a mail are its text, which its HTML, and that all others are files.

Nothing is left out: what is no body, or too long for one, is a file.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from services.inbound.parsing import caps, charsets
from services.inbound.parsing.content import (
    content_id,
    content_of,
    detected_type,
    disposition,
    file_name,
    given_name,
)
from services.inbound.parsing.flowed import unflow
from services.inbound.parsing.mail import File
from services.inbound.parsing.structure import Part

_LONGEST: Final = 4 * caps.MIB
"""Bytes, as they came, of all texts or of all HTML; what is more than that is a file."""
_SNIFFED: Final = 200  # files; half a millisecond each
_TEXTS: Final = frozenset({"text/plain", "text/enriched", "text/richtext", "text/markdown"})
_CID: Final = re.compile(r"""cid:([^"'\s<>()]{1,300})""", re.IGNORECASE)
_META_CHARSET: Final = re.compile(
    rb"""<meta\s[^<>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE
)


@dataclass(slots=True)
class Bodies:
    """`sizes`: bytes of the texts and of the HTML so far."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    sizes: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    @property
    def text(self) -> str | None:
        """What a reader sees, one part below the other."""
        return "\n".join(self.texts) or None

    @property
    def html(self) -> str | None:
        return "\n".join(self.htmls) or None

    def add(self, raw: bytes, part: Part, *, alone: bool = False) -> None:
        """A part with all that is in it; `alone` where the mail has no other."""
        if part.parts:
            for one in part.parts:
                self.add(raw, one)
        elif self._is_body(part, alone=alone):
            self._add_body(raw, part)
        else:
            self.files.append(part)

    def _is_body(self, part: Part, *, alone: bool) -> bool:
        kind, is_html = part.content_type, part.content_type == "text/html"
        # A multipart without any part of it is text, as far as anybody can tell.
        if not (is_html or kind in _TEXTS or kind.startswith("multipart/")):
            return False
        if disposition(part) == "attachment" or (given_name(part) and not alone):
            return False
        return self.sizes[is_html] + part.end - part.start <= _LONGEST

    def _add_body(self, raw: bytes, part: Part) -> None:
        is_html = part.content_type == "text/html"
        self.sizes[is_html] += part.end - part.start
        text = _text_of(content_of(raw, part), part)
        if text:
            (self.htmls if is_html else self.texts).append(text)


def files_of(raw: bytes, bodies: Bodies) -> tuple[File, ...]:
    """Those which are no body, in their order."""
    named = {unquote(cid) for cid in _CID.findall(bodies.html or "")}
    return tuple(_file(raw, part, named, number) for number, part in enumerate(bodies.files))


def _file(raw: bytes, part: Part, named: set[str], number: int) -> File:
    content, name, cid = content_of(raw, part), file_name(part), content_id(part)
    return File(
        name=name,
        content_type=part.content_type,
        detected_type=detected_type(content, name) if number < _SNIFFED else None,
        content_id=cid,
        inline=cid in named or disposition(part) == "inline",
        content=content,
    )


def _text_of(content: bytes, part: Part) -> str:
    charset = part.type.text("charset")
    if part.content_type == "text/html" and not charset:
        meta = _META_CHARSET.search(content, 0, 2048)
        charset = meta.group(1).decode("ascii") if meta else ""
    text = charsets.lines(charsets.decode(content, charset))
    if part.type.text("format").lower() == "flowed" and part.content_type == "text/plain":
        return unflow(text, delete_space=part.type.text("delsp").lower() == "yes")
    return text
