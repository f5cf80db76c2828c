"""The questions that are asked about threads. Each names its organization."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, ids, resources
from common.resources import Resource, Row
from services.api import rows
from services.api.cursor import Page
from services.api.messages import NEWEST

_COLUMNS: Final = """
    t.id, t.organization_id, t.inbox_id, t.subject, t.message_count, t.last_message_id,
    t.created_at, t.updated_at, coalesce(l.created_at, t.updated_at) AS last_message_at
"""
_FROM: Final = """
FROM thread t LEFT JOIN message l ON l.id = t.last_message_id
WHERE t.organization_id = :organization_id AND t.inbox_id = :inbox_id
"""
_LIST: Final = f"""
SELECT {_COLUMNS} {_FROM} AND t.last_message_id < :before
"""
_ORDER: Final = "ORDER BY t.last_message_id DESC LIMIT :limit"
_ALL: Final = sa.text(f"{_LIST} {_ORDER}")
# `strip` takes away positions, of which there are none: it is there so that no index is taken.
_AMONG_NEWEST: Final = sa.text(f"""
SELECT * FROM ({_LIST} ORDER BY t.last_message_id DESC LIMIT {NEWEST}) AS newest
WHERE EXISTS (
    SELECT 1 FROM message m JOIN search s ON s.message_id = m.id
    WHERE m.thread_id = newest.id AND m.organization_id = :organization_id
        AND strip(s.document) @@ CAST(:every AS tsquery)
)
ORDER BY last_message_id DESC LIMIT :limit
""")
_BY_INDEX: Final = sa.text(f"""
WITH found AS MATERIALIZED (
    SELECT s.message_id, s.document FROM search s
    WHERE s.inbox_id = :inbox_id AND s.document @@ CAST(:rarest AS tsquery)
), threads AS MATERIALIZED (
    SELECT DISTINCT m.thread_id FROM found f JOIN message m ON m.id = f.message_id
    WHERE f.document @@ CAST(:every AS tsquery) AND m.organization_id = :organization_id
)
{_LIST} AND t.id IN (SELECT thread_id FROM threads) {_ORDER}
""")
_GET: Final = sa.text(f"SELECT {_COLUMNS} {_FROM} AND t.id = :thread_id")
_MESSAGES: Final = sa.text(f"""
SELECT {resources.MESSAGE_COLUMNS_WITH_BODIES} FROM message m
WHERE m.organization_id = :organization_id AND m.thread_id = :thread_id AND m.id > :after
ORDER BY m.id LIMIT :limit
""")
_FIRST: Final = UUID(int=0)


async def list_threads(
    connection: AsyncConnection,
    organization_id: UUID,
    inbox_id: UUID,
    page: Page,
    words: tuple[str, str] | None,
) -> list[Row]:
    """Newest activity first; with `words`, those in which one message has all of them."""
    values: dict[str, Any] = {
        "organization_id": organization_id,
        "inbox_id": inbox_id,
        **page.values,
    }
    if words is None:
        return await rows.every(connection, _ALL, values)
    every, rarest = words
    values |= {"every": every, "rarest": rarest}
    found = await rows.every(connection, _AMONG_NEWEST, values)
    if len(found) == page.wanted:
        return found
    return await rows.every(connection, _BY_INDEX, values)


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
        "messageCount": row["message_count"],
        "lastMessageAt": clock.wire(row["last_message_at"]),
        "createdAt": clock.wire(row["created_at"]),
        "updatedAt": clock.wire(row["updated_at"]),
    }
