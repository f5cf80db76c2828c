"""Messages and inboxes as the API returns them, and as events carry them.

Written as plain dictionaries in one place, since five processes tell of the same things; the
schema that documents them is `services/api/schemas`, and tests hold the two together.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from common import clock, ids, statuses

Resource = dict[str, Any]
Row = Mapping[str, Any]
"""A row by its columns' names: `result.mappings()`."""

# A message with its recipients and attachments, one row each. Bodies apart, as lists of messages
# need them and events do not.
MESSAGE_COLUMNS: Final = """
    m.id, m.organization_id, m.inbox_id, m.thread_id, m.direction, m.from_email, m.from_name,
    m.reply_to, m.subject, m.labels, m.in_reply_to_id, m.external_message_id, m.status,
    m.status_reason, m.sent_at, m.verdicts, m.sender_verified, m.automatic, m.parse_error,
    m.created_at, m.updated_at, m.send_state, m.due_at, m.lease_until, m.lease_token, m.attempts,
    m.claims,
    (SELECT json_agg(json_build_object(
        'kind', r.kind, 'email', r.email, 'name', r.name, 'status', r.status,
        'reason', r.reason, 'status_at', r.status_at, 'updated_at', r.updated_at
     ) ORDER BY r.position) FROM recipient r WHERE r.message_id = m.id) AS recipients,
    (SELECT json_agg(json_build_object(
        'id', a.id, 'name', a.name, 'content_type', a.content_type, 'size', a.size,
        'blob_id', a.blob_id, 'content_id', a.content_id, 'inline', a.inline,
        'detected_type', a.detected_type
     ) ORDER BY a.position) FROM attachment a WHERE a.message_id = m.id) AS attachments
"""
MESSAGE_COLUMNS_WITH_BODIES: Final = f"{MESSAGE_COLUMNS}, m.text, m.html, m.extracted_text"


def present(**members: Any) -> Resource:
    """Members without a value are left out, never null."""
    return {name: value for name, value in members.items() if value is not None}


def address(email: str, name: str | None) -> str:
    """`Name <address>`, or the address alone."""
    return f"{_quoted(name)} <{email}>" if name else email


def _quoted(name: str) -> str:
    """A display name as RFC 5322 section 3.2.4 has it: quoted if it has specials."""
    if not set(name) & set('()<>[]:;@\\,."'):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def message(row: Row) -> Resource:
    """A message; `row` has the columns `MESSAGE_COLUMNS` or `MESSAGE_COLUMNS_WITH_BODIES`."""
    message_id = ids.encode(ids.MESSAGE, row["id"])
    inbox_id = ids.encode(ids.INBOX, row["inbox_id"])
    outbound = row["direction"] == "outbound"
    recipients = row["recipients"] or []
    return present(
        id=message_id,
        _id=message_id,
        organizationId=ids.encode(ids.ORGANIZATION, row["organization_id"]),
        inboxId=inbox_id,
        threadId=ids.encode(ids.THREAD, row["thread_id"]),
        fromInboxId=inbox_id if outbound else None,
        toInboxId=None if outbound else inbox_id,
        replyTo=row["reply_to"] or None,
        to=_addresses(recipients, "to"),
        cc=_addresses(recipients, "cc"),
        bcc=_addresses(recipients, "bcc"),
        subject=row["subject"],
        text=row.get("text"),
        html=row.get("html"),
        extractedText=row.get("extracted_text"),
        labels=row["labels"],
        attachments=[attachment(one) for one in row["attachments"] or []],
        externalMessageId=row["external_message_id"],
        status=row["status"],
        statusReason=row["status_reason"],
        recipients=[_recipient(one) for one in recipients],
        inReplyTo=row["in_reply_to_id"] and ids.encode(ids.MESSAGE, row["in_reply_to_id"]),
        **({} if outbound else _of_received(row)),
        createdAt=clock.wire(row["created_at"]),
        updatedAt=clock.wire(row["updated_at"]),
    ) | {"from": address(row["from_email"], row["from_name"])}


def _of_received(row: Row) -> Resource:
    """What only received mail has. What is false is left out, but that its sender is not verified:
    that was asked.
    """
    return present(
        date=row["sent_at"] and clock.wire(row["sent_at"]),
        verdicts=row["verdicts"],
        senderVerified=row["sender_verified"],
        automatic=row["automatic"] or None,
        parseError=row["parse_error"],
    )


def _addresses(recipients: list[dict[str, Any]], kind: str) -> list[str]:
    return [address(one["email"], one["name"]) for one in recipients if one["kind"] == kind]


def _recipient(one: dict[str, Any]) -> Resource:
    return present(
        email=one["email"],
        kind=one["kind"],
        status=statuses.shown(one["status"]),
        reason=one["reason"],
        updatedAt=clock.wire(datetime.fromisoformat(one["updated_at"])),
    )


def attachment(one: dict[str, Any]) -> Resource:
    """An attachment without its content; `one` as `MESSAGE_COLUMNS` gives it."""
    return present(
        id=ids.encode(ids.ATTACHMENT, UUID(one["id"])),
        name=one["name"],
        contentType=one["content_type"],
        detectedType=one.get("detected_type"),
        size=one["size"],
        contentId=one.get("content_id"),
        inline=one.get("inline") or None,
    )


def inbox(row: Row) -> Resource:
    """An inbox; `row` has the columns of `models.Inbox`."""
    inbox_id = ids.encode(ids.INBOX, row["id"])
    return present(
        id=inbox_id,
        _id=inbox_id,
        organizationId=ids.encode(ids.ORGANIZATION, row["organization_id"]),
        email=row["email"],
        name=row["name"],
        createdAt=clock.wire(row["created_at"]),
        updatedAt=clock.wire(row["updated_at"]),
    )


def organization(row: Row) -> Resource:
    """An organization; `row` has the columns of `models.Organization`."""
    organization_id = ids.encode(ids.ORGANIZATION, row["id"])
    return present(
        id=organization_id,
        _id=organization_id,
        organizationId=organization_id,
        name=row["name"],
        pausedAt=row["paused_at"] and clock.wire(row["paused_at"]),
        pausedReason=row["paused_reason"],
        createdAt=clock.wire(row["created_at"]),
    )


# A webhook as it is shown: all but its secrets.
WEBHOOK_COLUMNS: Final = """
    id, organization_id, url, description, events, inbox_ids, ordered, enabled, disabled_reason,
    failing_since, created_at, updated_at
"""
_DISABLED: Final = {
    "gone": "The endpoint answered 410 Gone.",
    "failing": "Every attempt of five days has failed.",
    "owner": "It was disabled by a request.",
}


def webhook(row: Row) -> Resource:
    """A webhook without its secrets; `row` has the columns `WEBHOOK_COLUMNS`."""
    webhook_id = ids.encode(ids.WEBHOOK, row["id"])
    inbox_ids, reason = row["inbox_ids"], row["disabled_reason"]
    return present(
        id=webhook_id,
        _id=webhook_id,
        organizationId=ids.encode(ids.ORGANIZATION, row["organization_id"]),
        url=row["url"],
        description=row["description"],
        events=row["events"],
        inboxIds=inbox_ids and [ids.encode(ids.INBOX, one) for one in inbox_ids],
        ordered=row["ordered"],
        enabled=row["enabled"],
        disabledReason=reason and {"type": reason, "message": _DISABLED[reason]},
        failingSince=row["failing_since"] and clock.wire(row["failing_since"]),
        createdAt=clock.wire(row["created_at"]),
        updatedAt=clock.wire(row["updated_at"]),
    )
