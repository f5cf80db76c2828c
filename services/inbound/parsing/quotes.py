"""Where the quoted part of an answer begins, and where its signature, in 13 languages.

The words are mail-parser-reply's; what is done with them is ours: it cuts a text at the first line
that *begins* with such a word, in any language, so that "Take a look" ends as a Danish signature.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

_FLAGS: Final = re.MULTILINE | re.IGNORECASE


def _of(key: str) -> list[str]:
    """The patterns of a kind, of all languages."""
    found = [words.get(key, "") for name, words in MAIL_LANGUAGES.items() if name != "david"]
    each = [one for some in found for one in ([some] if isinstance(some, str) else some)]
    # In Polish one line such as `Do:` would be a header of mail; in the others two are needed.
    return [one.replace("){1,}", "){2,}") for one in each if one]


def _any(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_WROTE: Final = re.compile(_any(_of("wrote_header")), _FLAGS)
_HEADERS: Final = re.compile(_any(_of("from_header")), _FLAGS)
# `----- Original Message -----` and its like in any language, but nothing of PGP's.
_RULE: Final = re.compile(
    r"-{3,} ?(?!BEGIN |END )\w[^\n-]{2,60}\w ?-{3,}|Begin forwarded message:", _FLAGS
)
_HEADER: Final = re.compile(r"[* ]*[^\W\d_][^:\n]{0,24}:")
_COLONS: Final = (":", "\uff1a")
_UNDERLINE: Final = re.compile(r"[_-]*")

_CLOSINGS: Final = [closing.rstrip(",.") for closing in _of("signatures")]
_CLOSING: Final = re.compile(rf"(?:{_any(_CLOSINGS)})[\s,.!]*", _FLAGS)
_SENT_FROM: Final = re.compile(rf"(?:{_any(_of('sent_from'))})[^\n]{{0,60}}", _FLAGS)
_DASHES: Final = frozenset({"--", "__"})
_SIGNATURE_LINES: Final = 8
_LONGEST_LINE: Final = 100
_ATTRIBUTION_LINES: Final = 3
_HEADER_LINES: Final = 6
_LONGEST_WINDOW: Final = 500
"""Characters that a pattern is tried on: some take the square of it, so never the whole text."""


def without_marked(lines: Sequence[str]) -> list[str]:
    """Without lines that begin with `>`, and without the lines before that say who wrote them;
    what is written between such quotes stays.
    """
    kept: list[str] = []
    within = False
    for line in lines:
        if not line.startswith(">"):
            kept.append(line)
            within = within and not line
            continue
        if not within:
            _drop_attribution(kept)
        within = True
    return kept


def before_quote(lines: Sequence[str]) -> list[str]:
    """Up to what introduces a quote without marks, as Outlook's."""
    for number, line in enumerate(lines):
        if _RULE.fullmatch(line):
            return _bare(lines[:number])
        if line.endswith(_COLONS):
            before = lines[max(0, number + 1 - _ATTRIBUTION_LINES) : number + 1]
            if count := _attribution(before, sure=False):
                return _bare(lines[: number + 1 - count])
        if _HEADER.match(line):
            window = "\n".join(lines[number : number + _HEADER_LINES])
            if _HEADERS.match(window[:_LONGEST_WINDOW]):
                return _bare(lines[:number])
    return list(lines)


def without_signature(lines: Sequence[str]) -> list[str]:
    """Without what follows `--`, or a few short lines at the end that begin with a closing."""
    written = [number for number, line in enumerate(lines) if line]
    for number in written[1:]:
        if lines[number] in _DASHES:
            return list(lines[:number])
    for number in written[1:][-_SIGNATURE_LINES:]:
        line = lines[number]
        short = all(len(one) <= _LONGEST_LINE for one in lines[number:])
        if short and (_CLOSING.fullmatch(line) or _SENT_FROM.fullmatch(line)):
            return list(lines[:number])
    return list(lines)


def _drop_attribution(kept: list[str]) -> None:
    while kept and not kept[-1]:
        kept.pop()
    if kept and kept[-1].endswith(_COLONS) and (count := _attribution(kept, sure=True)):
        del kept[-count:]


def _attribution(lines: Sequence[str], *, sure: bool) -> int:
    """How many lines at the end say who wrote what follows. Where that is `sure` to be a quote, an
    address and a digit will do, in whatever language.
    """
    for count in range(1, _ATTRIBUTION_LINES + 1):
        window = "\n".join(lines[-count:])
        if len(window) > _LONGEST_WINDOW:
            return 0
        if found := _WROTE.search(window):
            return count - window[: found.start()].count("\n")
        if sure and "@" in window and any(map(str.isdigit, window)):
            return count
    return 0


def _bare(lines: Sequence[str]) -> list[str]:
    """Without the line that programs draw above a quote."""
    kept = list(lines)
    while kept and _UNDERLINE.fullmatch(kept[-1]):
        kept.pop()
    return kept
