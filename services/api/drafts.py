"""A message before it is accepted: all rows that it will be, and the answer that its caller gets.

Made once, in Python, from what was checked at the door; the accept writes it as it is, so the
answer, the stored answer of an Idempotency-Key and the rows say the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from common import clock, ids, resources, threads
from common.addresses import Address
from common.resources import Row
from services.api import idempotency
from services.api.idempotency import Claimed
from services.api.schemas.messages import NewAttachment, NewMessage, NewReply

STATUS: Final = 202
"""Accepted: durable, not yet sent."""


class Destination(NamedTuple):
    """One address that a message goes to, and in which of its lists."""

    kind: str
    address: Address


@dataclass(frozen=True, slots=True)
class Origin:
    """The inbox that a message is sent from, as it was when it was looked up."""

    organization_id: UUID
    inbox_id: UUID
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Parent:
    """The message that is answered. `reference_ids`: its own chain, its own id the last. `most`:
    how many messages its thread may have for this reply to be written yet.
    """

    message_id: UUID
    thread_id: UUID
    reference_ids: list[str]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wants to be sent, all of it checked. Without a `parent` it begins a thread."""

    origin: Origin
    content: NewMessage | NewReply
    going_to: list[Destination]
    subject: str
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: its row, and its bytes, which go to a row of their own."""

    row: dict[str, Any]
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """`message`, `recipients`: rows by their columns. `kept`: the row of its Idempotency-Key.
    `participants`: who is in its thread by it. `most`: see `Parent`.
    """

    message: dict[str, Any]
    recipients: list[dict[str, Any]]
    files: tuple[File, ...]
    answer: bytes
    kept: dict[str, Any] | None
    participants: list[str]
    most: int | None

    @property
    def id(self) -> UUID:
        """The message's."""
        message_id: UUID = self.message["id"]
        return message_id


def destinations(
    to: Iterable[Address], cc: Iterable[Address] = (), bcc: Iterable[Address] = ()
) -> list[Destination]:
    """Each address once, in the first list that has it: nobody wants a mail twice."""
    found: dict[str, Destination] = {}
    for kind, addresses in (("to", to), ("cc", cc), ("bcc", bcc)):
        for address in addresses:
            found.setdefault(address.email.casefold(), Destination(kind, address))
    return list(found.values())


def draft(letter: Letter, request_id: str, claimed: Claimed | None) -> Draft:
    """All rows of one message."""
    message = _message(letter, request_id)
    recipients = [_recipient(message, at, one) for at, one in enumerate(letter.going_to)]
    files = tuple(_file(message, at, one) for at, one in enumerate(letter.content.attachments))
    answer = orjson.dumps(_shown(message, recipients, files))
    kept = idempotency.row(claimed, STATUS, answer) if claimed else None
    most = letter.parent.most if letter.parent else None
    return Draft(message, recipients, files, answer, kept, _participants(letter), most)


def _message(letter: Letter, request_id: str) -> dict[str, Any]:
    now = clock.now()
    content, parent = letter.content, letter.parent
    own = content if isinstance(content, NewMessage) else None
    return {
        "id": ids.new(),
        "organization_id": letter.origin.organization_id,
        "inbox_id": letter.origin.inbox_id,
        "thread_id": parent.thread_id if parent else ids.new(),
        "direction": "outbound",
        "from_email": letter.origin.email,
        "from_name": letter.origin.name,
        "reply_to": [str(one) for one in own.reply_to] if own else [],
        "subject": letter.subject,
        "text": content.text or None,
        "html": content.html or None,
        "headers": _headers(letter),
        "labels": content.labels,
        "in_reply_to_id": parent.message_id if parent else None,
        "reference_ids": parent.reference_ids if parent else [],
        "status": "queued",
        "request_id": request_id,
        "created_at": now,
        "updated_at": now,
        "send_state": "queued",
        "attempts": 0,
    }


def _headers(letter: Letter) -> dict[str, str]:
    """A caller's own, and whether a program wrote it (RFC 3834 section 5)."""
    content = letter.content
    own = content.headers if isinstance(content, NewMessage) else {}
    if not content.auto_submitted:
        return own
    return {**own, "Auto-Submitted": "auto-replied" if letter.parent else "auto-generated"}


def _participants(letter: Letter) -> list[str]:
    seen = [one.address.email for one in letter.going_to if one.kind != "bcc"]
    return threads.participants([letter.origin.email, *seen])


def _recipient(message: Row, position: int, one: Destination) -> dict[str, Any]:
    at = message["created_at"].isoformat()
    return {
        "message_id": message["id"],
        "position": position,
        "organization_id": message["organization_id"],
        "kind": one.kind,
        "email": one.address.email,
        "name": one.address.name,
        "status": "queued",
        "reason": None,
        "status_at": at,
        "updated_at": at,
    }


def _file(message: Row, position: int, one: NewAttachment) -> File:
    row = {
        "id": str(ids.new()),
        "organization_id": message["organization_id"],
        "message_id": message["id"],
        "position": position,
        "name": one.name,
        "content_type": one.content_type,
        "size": len(one.content),
        "blob_id": ids.new(),
    }
    return File(row, one.content)


def _shown(
    message: Mapping[str, Any], recipients: list[dict[str, Any]], files: tuple[File, ...]
) -> resources.Resource:
    unset = {"external_message_id": None, "status_reason": None}
    rows = {"recipients": recipients, "attachments": [one.row for one in files]}
    return resources.message({**message, **unset, **rows})
