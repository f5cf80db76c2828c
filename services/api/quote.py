"""A reply with what it answers behind it, as mail programs quote; pure.

The HTML of a message is a stranger's: to quote it would be to send on its forms, its remote
pictures and its styles, which could hide or change what the reply says, under the DKIM signature of
our customer. So its text is quoted, escaped, also in HTML: of that nothing can be more than words.
"""

import re
from datetime import UTC
from email.utils import format_datetime
from html import escape
from typing import Final

from common.addresses import MAX_ADDRESS
from common.headers import clean_text
from common.resources import Row, address
from services.api.schemas.messages import NewReply
from services.api.words import text_of_html

MAX_QUOTED: Final = 100_000
"""Characters; a thread in which each reply quotes the last one grows with each."""
_CUT: Final = "[...]"
_BREAK: Final = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_END_OF_BODY: Final = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE: Final = "margin:0 0 0 0.8ex;border-left:1px solid #ccc;padding-left:1ex"


def quoted(reply: NewReply, original: Row) -> NewReply:
    """The same reply with longer bodies; it gets none that it has not."""
    said, lines = _attribution(original), _lines(original)
    changes: dict[str, str] = {}
    if reply.text:
        behind = "\n".join(f"> {line}".rstrip() for line in lines)
        changes["text"] = f"{reply.text.rstrip()}\n\n{said}\n\n{behind}\n"
    if reply.html:
        changes["html"] = _inserted(reply.html, _block(said, lines))
    return reply.model_copy(update=changes)


def _attribution(original: Row) -> str:
    """`On Wed, 25 Nov 2026 at 10:00 UTC, Jane <jane@x.example> wrote:`, on one line."""
    moment = original["sent_at"] or original["created_at"]
    date = format_datetime(moment.astimezone(UTC))  # Wed, 25 Nov 2026 10:00:00 +0000
    sender = clean_text(address(original["from_email"], original["from_name"]))[:MAX_ADDRESS]
    return f"On {date[:-15]} at {date[-14:-9]} UTC, {sender} wrote:"


def _lines(original: Row) -> list[str]:
    text: str = original["text"] or ""
    if not text.strip() and original["html"]:
        text = text_of_html(original["html"][:MAX_QUOTED])
    lines = _BREAK.split(_UNWRITABLE.sub(" ", text[:MAX_QUOTED]).strip())
    return [*lines, _CUT] if len(text) > MAX_QUOTED else lines


def _block(said: str, lines: list[str]) -> str:
    body = "<br>\n".join(escape(line) for line in lines)
    return (
        f'<div><br>{escape(said)}<br></div>\n<blockquote type="cite" style="{_STYLE}">\n{body}\n'
        "</blockquote>\n"
    )


def _inserted(html: str, block: str) -> str:
    """At the end of what is shown."""
    ends = [one.start() for one in _END_OF_BODY.finditer(html)]
    at = ends[-1] if ends else len(html)
    return f"{html[:at]}\n{block}{html[at:]}"
