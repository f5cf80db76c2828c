"""What a reply takes from the message that it answers: whom it goes to, its subject, its thread.

Pure. NobodyLeftError(ValueError): every address it could go to is the inbox itself, or none.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from common import ids
from common.addresses import Address, AddressError, is_wire_address, parse_address
from common.headers import MAX_TEXT, HeaderError, check_header_value, clean_text
from common.resources import Row
from services.api.drafts import Destination, Parent, destinations
from services.api.schemas.messages import NewReply

FIRST_REFERENCES: Final = 4
LAST_REFERENCES: Final = 16

# How mail programs of many languages mark a reply (a mark of forwarding is not one). RFC 5322
# section 3.6.5 knows only "Re: ".
_MARKS: Final = (
    "re|aw|antw|antwort|sv|svar|vs|res|rép|rif|r|ref|odp|odpověď|ynt|bls|atb|vá"
    "|отв|ответ|на|απ|σχετ|回复|回覆|答复|答覆|返信|回信|회신|답장|השב|תגובה|رد|ตอบ|trả lời"
)
# `Re[2]:`, `Re(3):`, `Re^4:`, French `Re :`, the wide colon of Chinese and Japanese.
_COUNTER: Final = r"(?:\[\d{1,4}\]|\(\d{1,4}\)|\^?\d{1,4})"
_MARK: Final = re.compile(rf"\s*(?:{_MARKS})\s?{_COUNTER}?\s?[:\uff1a]\s*", re.IGNORECASE)
_LIST_TAG: Final = re.compile(r"\s*\[[^\[\]]{1,100}\]\s*")  # RFC 5256 section 2.1, "subj-blob"


class NobodyLeftError(ValueError):
    """There is nobody whom this reply could go to."""


def subject(original: str) -> str:
    """`Re: ` and the subject without the marks that it has already; what fits into one."""
    return f"Re: {_base(clean_text(original))}"[:MAX_TEXT].rstrip()


def _base(text: str) -> str:
    """Marks behind a mailing list's tag go too: `[tag] Re: x` is answered as `Re: [tag] x`."""
    tags, at = "", 0
    while True:
        if mark := _MARK.match(text, at):
            at = mark.end()
        elif (tag := _LIST_TAG.match(text, at)) and _MARK.match(text, tag.end()):
            tags += f"{tag.group().strip()} "
            at = tag.end()
        else:
            return tags + text[at:].strip()


def recipients(original: Row, own_email: str, reply: NewReply) -> list[Destination]:
    """Whom a reply from the inbox `own_email` goes to, never the inbox itself. NobodyLeftError.

    To a message that the inbox sent: those it was sent to. To one that it received: its Reply-To
    or its sender, and with `replyAll` its other recipients in Cc (RFC 5322 section 3.6.3). Whom a
    Bcc hid stays hidden.
    """
    own = _Own(own_email)
    if original["direction"] == "outbound":
        to = _others(_listed(original, "to"), own)
        cc = _others(_listed(original, "cc"), own) if reply.reply_all else []
    else:
        to = _authors(original, own)
        everyone = [*_listed(original, "to"), *_listed(original, "cc")]
        cc = _others(everyone, own) if reply.reply_all else []
    if not to:
        raise NobodyLeftError
    added = (_others(reply.cc, own), _others(reply.bcc, own))
    return destinations(to, [*cc, *added[0]], added[1])


class _Own:
    """The inbox's address in any case, and with any `+tag`: all of them arrive in it."""

    def __init__(self, email: str) -> None:
        self._local, _, self._domain = email.casefold().rpartition("@")

    def __contains__(self, one: Address) -> bool:
        local, _, domain = one.email.casefold().rpartition("@")
        mine = local == self._local or local.startswith(f"{self._local}+")
        return mine and domain == self._domain


def _authors(original: Row, own: _Own) -> list[Address]:
    """A Reply-To that names only the inbox itself is a mistake of somebody's; the sender is not."""
    wanted = [one for text in original["reply_to"] if (one := _parsed(text))]
    sender = _usable(original["from_email"], original["from_name"])
    return _others(wanted, own) or _others([sender] if sender else [], own)


def _listed(original: Row, kind: str) -> Iterator[Address]:
    """Received mail names all sorts of things; what cannot be written to is passed over."""
    rows: list[dict[str, Any]] = original["recipients"] or []
    for row in rows:
        if row["kind"] == kind and (address := _usable(row["email"], row["name"])):
            yield address


def _others(addresses: Iterable[Address], own: _Own) -> list[Address]:
    return [one for one in addresses if one not in own]


def _usable(email: str, name: str) -> Address | None:
    if not is_wire_address(email):
        return _parsed(email)
    try:
        return Address(email, check_header_value(name))
    except HeaderError:
        return Address(email)


def _parsed(text: str) -> Address | None:
    try:
        return parse_address(text)
    except AddressError:
        return None


def parent(original: Row, wire_domain: str, most: int | None = None) -> Parent:
    """Where the reply stands: what the original refers to, and then the original's own ids.

    `original`, `most`: see `services.api.answering`. The last id is the one that never changes: the
    stable one of what we sent, the Message-ID of what we received.
    """
    chain = list(original["reference_ids"])
    if original["parent_external_id"]:
        chain.append(f"<{original['parent_external_id']}@{wire_domain}>")
    if original["direction"] == "outbound":
        domain = original["from_email"].rpartition("@")[2]
        chain.append(f"<{ids.encode(ids.MESSAGE, original['id'])}@{domain}>")
    elif original["internet_message_id"]:
        chain.append(original["internet_message_id"])
    return Parent(original["id"], original["thread_id"], _shortened(chain), most)


def _shortened(chain: list[str]) -> list[str]:
    """Each id once, where it comes last; the first ones say which thread, the last ones where."""
    once = list(dict.fromkeys(reversed(chain)))[::-1]
    if len(once) <= FIRST_REFERENCES + LAST_REFERENCES:
        return once
    return once[:FIRST_REFERENCES] + once[-LAST_REFERENCES:]
