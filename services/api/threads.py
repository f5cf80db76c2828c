"""The questions that are asked about one thread. Each names its organization."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, ids, resources
from common.resources import Resource, Row
from services.api import rows
from services.api.cursor import Page

COLUMNS: Final = """
    t.id, t.organization_id, t.inbox_id, t.subject, t.message_count, t.participants,
    t.last_message_id, t.created_at, t.updated_at,
    coalesce(l.created_at, t.updated_at) AS last_message_at
"""
FROM: Final = """
FROM thread t LEFT JOIN message l ON l.id = t.last_message_id
WHERE t.organization_id = :organization_id AND t.inbox_id = :inbox_id
"""
_GET: Final = sa.text(f"SELECT {COLUMNS} {FROM} AND t.id = :thread_id")
_MESSAGES: Final = sa.text(f"""
SELECT {resources.MESSAGE_COLUMNS_WITH_BODIES} FROM message m
WHERE m.organization_id = :organization_id AND m.thread_id = :thread_id AND m.id > :after
ORDER BY m.id LIMIT :limit
""")
_FIRST: Final = UUID(int=0)


async def get_thread(
    connection: AsyncConnection, organization_id: UUID, inbox_id: UUID, thread_id: UUID
) -> Row | None:
    """One thread."""
    values = {"organization_id": organization_id, "inbox_id": inbox_id, "thread_id": thread_id}
    return await rows.one(connection, _GET, values)


async def messages_of(
    connection: AsyncConnection, organization_id: UUID, thread_id: UUID, page: Page
) -> list[Row]:
    """A thread's messages, oldest first."""
    values = {
        "organization_id": organization_id,
        "thread_id": thread_id,
        "after": page.after or _FIRST,
        "limit": page.wanted,
    }
    return await rows.every(connection, _MESSAGES, values)


def resource(row: Row) -> Resource:
    """A thread as the API shows it."""
    thread_id = ids.encode(ids.THREAD, row["id"])
    return {
        "id": thread_id,
        "_id": thread_id,
        "organizationId": ids.encode(ids.ORGANIZATION, row["organization_id"]),
        "inboxId": ids.encode(ids.INBOX, row["inbox_id"]),
        "subject": row["subject"],
        "participants": row["participants"],
        "messageCount": row["message_count"],
        "lastMessageAt": clock.wire(row["last_message_at"]),
        "createdAt": clock.wire(row["created_at"]),
        "updatedAt": clock.wire(row["updated_at"]),
    }
