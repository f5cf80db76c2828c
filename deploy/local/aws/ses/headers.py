"""The header block of a raw mail: for the envelope, for the events, for received mail."""

import re
from collections.abc import Iterator, Sequence
from email.utils import getaddresses

from deploy.local.aws.errors import BadRequest

Header = tuple[str, str]

END_OF_BLOCK = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(r"\r?\n[ \t]+")
LINE_END = re.compile(r"\r?\n")
MOST_TOLD_BYTES = 10 * 1024
"""Of a mail's headers SES tells the first 10 KB, and says that it left some out."""
# https://docs.aws.amazon.com/ses/latest/dg/header-fields.html: these may stand once.
AT_MOST_ONCE = {
    *("from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id"),
    *("return-path", "mime-version", "content-type", "content-transfer-encoding"),
}


def parse(raw: bytes) -> tuple[Header, ...]:
    """Name and unfolded value of each header, in order; lines that are no header are passed over.

    Raises BadRequest for a header that SES allows once and that stands twice.
    """
    found = scan(raw)
    seen: set[str] = set()
    for name, _ in found:
        key = name.lower()
        if key in seen and key in AT_MOST_ONCE:
            raise BadRequest(f"Duplicate header '{name}'.")
        seen.add(key)
    return found


def scan(raw: bytes, most: int | None = None) -> tuple[Header, ...]:
    """As `parse`, and any headers will do. Linear, whatever the mail is; `most` bytes of it are
    looked at.
    """
    if raw.startswith((b"\n", b"\r\n")):
        return ()
    limit = len(raw) if most is None else most
    end = END_OF_BLOCK.search(raw, 0, limit)
    block = raw[: end.start() if end else limit]
    return tuple(_lines(FOLD.sub(" ", block.decode("utf-8", "replace"))))


def told(headers: Sequence[Header]) -> tuple[list[dict[str, str]], bool]:
    """The first 10 KB of them as SES's JSON has them, and whether that is not all."""
    kept: list[dict[str, str]] = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if size > MOST_TOLD_BYTES:
            return kept, True
        kept.append({"name": name, "value": value})
    return kept, False


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
