"""The vocabulary of events, and the one way in which they are written.

An event and its deliveries are written in the transaction of the change they tell of, so `sent`,
`delivered` and `received` all reach a customer by one road, and no crash can lose one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.elements import TextClause

from common import clock, ids
from common.db import as_json, recordset
from common.models import Event
from common.resources import Row

# Each with the sentence a customer needs.
DESCRIPTIONS: Final = {
    "message.sent": "SES has accepted the message; it is not yet in anybody's mailbox.",
    "message.received": "A mail has arrived in an inbox.",
    "message.delivered": "A recipient's mail server has taken the message.",
    "message.bounced": "A recipient's mail server has refused the message, or SES gave up.",
    "message.complained": "A recipient has called the message spam.",
    "message.rejected": "SES has refused the message, or it could not be sent; it never will be.",
    "message.delayed": "A recipient's mail server does not take the message now; SES goes on.",
    "message.held": "SES may have the message: its answer was lost, and no event of SES has told "
    "since. It is not sent again, so that nobody gets it twice; a later event may yet tell.",
    "inbox.created": "An inbox was created.",
    "inbox.updated": "An inbox was changed.",
    "inbox.deleted": "An inbox was deleted.",
    "webhook.disabled": "An endpoint is not called any more; it said 410 or only failed for days.",
    "domain.verified": "A domain may now send.",
    "organization.paused": "Nothing of the organization is sent any more, and nothing new taken: "
    "too much of its mail bounced or was called spam, or the operator has paused it.",
    "organization.released": "The operator lets the organization send again.",
}
TEST: Final = "webhook.test"
"""Sent to one endpoint alone, when its owner asks; nobody subscribes to it."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, not yet written. `payload`: see `models.Event`."""

    organization_id: UUID
    type: str
    payload: dict[str, Any]
    inbox_id: UUID | None = None
    message_id: UUID | None = None
    created_at: datetime = field(default_factory=clock.now)
    id: UUID = field(default_factory=ids.new)


WRITTEN: Final = f"""
written AS (
    INSERT INTO event (id, organization_id, inbox_id, message_id, type, payload, created_at)
    SELECT id, organization_id, inbox_id, message_id, type, payload, created_at
    FROM {recordset(Event, "events")}
    RETURNING id, organization_id, inbox_id, type, payload, created_at
)
"""
"""For a statement that ends with `DELIVERIES`; its parameters are those of `values`."""
DELIVERIES: Final = """
INSERT INTO delivery
    (id, organization_id, event_id, webhook_id, state, due_at, attempts, order_key, created_at)
SELECT postroom_uuid7(), e.organization_id, e.id, w.id, 'pending', now(), 0,
    CASE WHEN w.ordered THEN e.payload ->> 'threadId' END, e.created_at
FROM written e
JOIN webhook w ON w.organization_id = e.organization_id
    AND w.enabled AND w.deleted_at IS NULL AND e.type = ANY (w.events)
    AND (w.inbox_ids IS NULL OR e.inbox_id = ANY (w.inbox_ids))
"""
_WRITE = sa.text(f"WITH {WRITTEN} {DELIVERIES}")


def write(events: list[NewEvent]) -> tuple[TextClause, dict[str, str]]:
    """The statement (and its parameters) that writes events with a delivery for each endpoint
    that asked for them. `execute(*write(events)).rowcount` is the number of deliveries: where
    it is not 0, ring the webhook room after the commit.
    """
    return _WRITE, values(events)


def values(events: Iterable[NewEvent]) -> dict[str, str]:
    """The parameters of what is written."""
    return {"events": as_json(map(_row, events))}


def _row(event: NewEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "organization_id": event.organization_id,
        "inbox_id": event.inbox_id,
        "message_id": event.message_id,
        "type": event.type,
        "payload": event.payload,
        "created_at": event.created_at,
    }


def envelope(
    event: Row, text: str | None, html: str | None, extracted_text: str | None = None
) -> dict[str, Any]:
    """An event as webhooks and `GET /v1/events` tell it (contract.md, "Webhook events").

    `event` has the columns of `models.Event`; the bodies are its message's.
    """
    bodies = {"text": text, "html": html, "extractedText": extracted_text}
    told = {
        "id": ids.encode(ids.EVENT, event["id"]),
        "event": event["type"],
        "timestamp": clock.wire(event["created_at"]),
        "organizationId": ids.encode(ids.ORGANIZATION, event["organization_id"]),
        "inboxId": event["inbox_id"] and ids.encode(ids.INBOX, event["inbox_id"]),
        "messageId": event["message_id"] and ids.encode(ids.MESSAGE, event["message_id"]),
        "payload": event["payload"] | {name: body for name, body in bodies.items() if body},
    }
    return {name: value for name, value in told.items() if value is not None}
