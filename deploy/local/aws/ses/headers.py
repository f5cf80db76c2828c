"""The header block of a raw mail, read once for the envelope and for the events."""

import re
from collections.abc import Iterator, Sequence
from email.utils import getaddresses

from deploy.local.aws.errors import BadRequest

Header = tuple[str, str]

END_OF_BLOCK = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(r"\r?\n(?=[ \t])")
LINE_END = re.compile(r"\r?\n")
# https://docs.aws.amazon.com/ses/latest/dg/header-fields.html: these may stand once.
AT_MOST_ONCE = {
    *("from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id"),
    *("return-path", "mime-version", "content-type", "content-transfer-encoding"),
}


def parse(raw: bytes) -> tuple[Header, ...]:
    """Name and unfolded value of each header, in order; lines that are no header are passed over.

    Raises BadRequest for a header that SES allows once and that stands twice.
    """
    end = END_OF_BLOCK.search(raw)
    block = raw[: end.start()] if end else raw
    found = tuple(_lines(FOLD.sub("", block.decode("utf-8", "replace"))))
    seen: set[str] = set()
    for name, _ in found:
        key = name.lower()
        if key in seen and key in AT_MOST_ONCE:
            raise BadRequest(f"Duplicate header '{name}'.")
        seen.add(key)
    return found


def _lines(block: str) -> Iterator[Header]:
    for line in LINE_END.split(block):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def first(headers: Sequence[Header], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def mailboxes(headers: Sequence[Header], *names: str) -> list[str]:
    """The addresses in the headers of these names, in that order."""
    values = [value for name in names for key, value in headers if key.lower() == name]
    return [address for _, address in getaddresses(values) if address]
