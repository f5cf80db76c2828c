"""A mail's parts, by one walk over its bytes (RFC 2046 section 5.1). Nothing is copied or decoded.

The standard library's parser is not used for it: it makes a list of every line, so that a mail of
40 MB takes 370 MB, and it recurses. Its tree is the oracle of the tests instead.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from services.inbound.parsing import caps
from services.inbound.parsing.head import Head, read_head
from services.inbound.parsing.parameters import Value, read_value

_DASHED: Final = re.compile(rb"[\r\n]--([^\r\n]*)")
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@dataclass(slots=True)
class Part:
    """`end` of its body; the mail itself is one, too. `parts` is empty but for a multipart."""

    head: Head
    type: Value
    content_type: str
    end: int
    parts: list["Part"] = field(default_factory=list)

    @property
    def start(self) -> int:
        return min(self.head.end, self.end)

    @property
    def boundary(self) -> bytes:
        if not self.content_type.startswith("multipart/"):
            return b""
        return self.type.octets("boundary").rstrip(b" \t")


class _Walk:
    """`open`: the multiparts that enclose the place of the walk, the outermost first; `leaf` is
    the part that has begun there.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.open: list[Part] = []
        self.levels: dict[bytes, int] = {}
        self.count = self.heads = 0
        self.leaf: Part | None = None

    def begin(self, start: int, usual: str) -> Part:
        """The part that begins there."""
        head = read_head(self.raw, start)
        value = read_value(head.raw("content-type"))
        part = Part(head, value, _content_type(value, usual), len(self.raw))
        if part.boundary:
            self.open.append(part)
            caps.check_depth(len(self.open))
            self.levels = {one.boundary: level for level, one in enumerate(self.open)}
        self.leaf = None if part.boundary else part
        return part

    def end(self, level: int, at: int) -> None:
        """All below the multipart of that level ends before the line there."""
        for part in [*self.open[level + 1 :], *([self.leaf] if self.leaf else [])]:
            part.end = self._before(at)
        del self.open[level + 1 :]
        self.leaf = None

    def next(self, line: re.Match[bytes]) -> int:
        """A boundary, perhaps; where to look on."""
        text = line.group(1).rstrip(b" \t")
        level = self.levels.get(text)
        closes = level is None and text.endswith(b"--")
        if closes:
            level = self.levels.get(text[:-2])
        if level is None:
            return line.end()
        self.end(level, line.start() + 1)
        parent = self.open[level]
        if closes:
            del self.open[level:]
        self.levels = {one.boundary: at for at, one in enumerate(self.open)}
        return line.end() if closes else self._child(parent, line.end())

    def _child(self, parent: Part, after: int) -> int:
        self.count += 1
        caps.check_parts(self.count)
        line_end = _LINE_END.match(self.raw, after)
        start = line_end.end() if line_end else after
        digest = parent.content_type == "multipart/digest"
        part = self.begin(start, "message/rfc822" if digest else "text/plain")
        self.heads += part.head.end - start
        caps.check_heads(self.heads)
        parent.parts.append(part)
        return part.head.end

    def _before(self, at: int) -> int:
        """The line end before a boundary belongs to it."""
        if self.raw[max(0, at - 2) : at] == b"\r\n":
            return at - 2
        return at - 1


def read_structure(raw: bytes) -> Part:
    """The tree of parts; BreachError beyond the caps."""
    caps.check_size(raw)
    walk = _Walk(raw)
    root = walk.begin(0, "text/plain")
    at, dashed = root.head.end, 0
    # One back, as the end of a header block may be that of the line before a boundary.
    while walk.open and (line := _DASHED.search(raw, at - 1)):
        dashed += 1
        caps.check_dashed_lines(dashed)
        at = walk.next(line)
    return root


def _content_type(value: Value, usual: str) -> str:
    """What cannot be read is text (RFC 2045 section 5.2), or a file where it looks like a type."""
    if _TYPE.fullmatch(value.word):
        return value.word
    return "application/octet-stream" if "/" in value.word else usual
