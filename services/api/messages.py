"""The questions that are asked about one message. Each names its organization."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import resources
from common.resources import Row
from services.api import rows
from services.api.problems import not_found

_MINE: Final = "m.organization_id = :organization_id AND m.inbox_id = :inbox_id"
_COLUMNS: Final = resources.MESSAGE_COLUMNS_WITH_BODIES

_INBOX: Final = sa.text("""
SELECT 1 FROM inbox
WHERE organization_id = :organization_id AND id = :inbox_id AND deleted_at IS NULL
""")
_GET: Final = sa.text(f"""
SELECT {_COLUMNS}, m.internet_message_id, m.reference_ids,
    (SELECT p.external_message_id FROM message p WHERE p.id = m.in_reply_to_id
    ) AS parent_external_id
FROM message m WHERE {_MINE} AND m.id = :message_id
""")
_LOCK: Final = sa.text(f"""
SELECT m.labels FROM message m WHERE {_MINE} AND m.id = :message_id FOR NO KEY UPDATE
""")
_LABEL: Final = sa.text("""
UPDATE message SET labels = CAST(:labels AS text[]), updated_at = :now WHERE id = :message_id
""")


async def check_inbox(connection: AsyncConnection, organization_id: UUID, inbox_id: UUID) -> None:
    """Problem 404 `inbox_not_found` where there is none."""
    values = {"organization_id": organization_id, "inbox_id": inbox_id}
    if await rows.one(connection, _INBOX, values) is None:
        raise not_found("inbox")


async def get_message(
    connection: AsyncConnection, organization_id: UUID, inbox_id: UUID, message_id: UUID
) -> Row:
    """One message with its bodies; Problem 404 for its inbox, then for itself."""
    await check_inbox(connection, organization_id, inbox_id)
    row = await rows.one(connection, _GET, _key(organization_id, inbox_id, message_id))
    if row is None:
        raise not_found("message")
    return row


def _key(organization_id: UUID, inbox_id: UUID, message_id: UUID) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "inbox_id": inbox_id,
        "message_id": message_id,
    }


async def lock_labels(
    connection: AsyncConnection, organization_id: UUID, inbox_id: UUID, message_id: UUID
) -> list[str]:
    """A message's labels, which nobody else changes until the transaction ends."""
    await check_inbox(connection, organization_id, inbox_id)
    row = await rows.one(connection, _LOCK, _key(organization_id, inbox_id, message_id))
    if row is None:
        raise not_found("message")
    labels: list[str] = row["labels"]
    return labels


async def set_labels(
    connection: AsyncConnection, message_id: UUID, labels: list[str], now: datetime
) -> None:
    """Of a message that is locked."""
    values = {"message_id": message_id, "labels": labels, "now": now}
    await connection.execute(_LABEL, values)
