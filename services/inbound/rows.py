"""A received mail as the rows that it becomes: one message for each inbox that it reached. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from common import ids, resources, threads
from services.inbound.fetch import Raw
from services.inbound.parsing.mail import File, Mail, Mailbox
from services.inbound.receipt import Receipt
from services.inbound.recipients import Place

MOST_RECIPIENTS: Final = 500
"""Of a received mail that are kept as rows; all of them are in its bytes."""

_LABELS: Final = ("spam", "virus")
"""Checks of SES whose failure is a label too."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail and all that is known of it."""

    receipt: Receipt
    raw: Raw
    mail: Mail
    at: datetime
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """The message of that inbox which the mail answers."""

    message_id: UUID
    thread_id: UUID


@dataclass(frozen=True, slots=True)
class Copy:
    """The mail in one inbox: rows by their columns. `answers`: whether its thread is there."""

    message: dict[str, Any]
    recipients: list[dict[str, Any]]
    participants: list[str]
    raw: dict[str, Any]
    answers: bool


def copy(arrival: Arrival, place: Place, parent: Parent | None) -> Copy:
    """Of one inbox."""
    message = _message(arrival, place, parent)
    mail = arrival.mail
    seen = [message["from_email"], *(one.email for one in (*mail.to, *mail.cc))]
    raw = {
        "message_id": message["id"],
        "organization_id": place.organization_id,
        "bucket": arrival.raw.bucket,
        "key": arrival.raw.key,
        "sha256": arrival.raw.sha256,
        "size": arrival.raw.size,
    }
    recipients = list(_recipients(arrival, place, message))
    return Copy(message, recipients, threads.participants(seen), raw, parent is not None)


def _message(arrival: Arrival, place: Place, parent: Parent | None) -> dict[str, Any]:
    mail, receipt = arrival.mail, arrival.receipt
    sender = mail.from_ or Mailbox(receipt.source.strip("<>"), "")
    chain = mail.references or mail.in_reply_to
    return {
        "id": ids.new(),
        "organization_id": place.organization_id,
        "inbox_id": place.inbox_id,
        "thread_id": parent.thread_id if parent else ids.new(),
        "direction": "inbound",
        "from_email": sender.email,
        "from_name": sender.name,
        "reply_to": [resources.address(one.email, one.name) for one in mail.reply_to],
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "extracted_text": mail.extracted_text,
        "headers": {},
        "labels": [check for check in _LABELS if receipt.verdicts.get(check) == "fail"],
        "in_reply_to_id": parent.message_id if parent else None,
        "internet_message_id": mail.message_id,
        "reference_ids": list(chain),
        "external_message_id": receipt.message_id,
        "sent_at": mail.sent_at,
        "verdicts": receipt.verdicts or None,
        "sender_verified": receipt.verdicts.get("dmarc") == "pass",
        "automatic": mail.automatic or receipt.has_null_return_path,
        "parse_error": mail.error,
        "status": "received",
        "trace": arrival.trace,
        "created_at": arrival.at,
        "updated_at": arrival.at,
    }


def _recipients(
    arrival: Arrival, place: Place, message: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Those that the header names; and this inbox, which a Bcc or a list may have brought it to."""
    mail = arrival.mail
    listed = [("to", one) for one in mail.to] + [("cc", one) for one in mail.cc]
    named = {one.email.lower() for _, one in listed}
    listed = listed[: MOST_RECIPIENTS - 1]
    if place.email.lower() not in named:
        listed.append(("bcc", Mailbox(place.email, "")))
    for position, (kind, one) in enumerate(listed):
        yield {
            "message_id": message["id"],
            "position": position,
            "organization_id": place.organization_id,
            "kind": kind,
            "email": one.email,
            "name": one.name,
            "status": "received",
            "status_at": arrival.at,
            "updated_at": arrival.at,
        }


def files(copies: Iterable[Copy], found: tuple[File, ...]) -> Iterator[tuple[dict[str, Any], File]]:
    """The attachments' rows, each with its file. The bytes of one file are one blob for all the
    inboxes of an organization, and never one for two organizations.
    """
    blobs: dict[tuple[UUID, int], UUID] = {}
    for one in copies:
        organization_id = one.message["organization_id"]
        for position, file in enumerate(found):
            row = {
                "id": ids.new(),
                "organization_id": organization_id,
                "message_id": one.message["id"],
                "position": position,
                "name": file.name,
                "content_type": file.content_type,
                "size": len(file.content),
                "blob_id": blobs.setdefault((organization_id, position), ids.new()),
                "content_id": file.content_id,
                "inline": file.inline,
                "detected_type": file.detected_type,
            }
            yield row, file
