"""The questions that are asked about messages. Each names its organization."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import ids, resources
from common.resources import Row
from services.api import rows
from services.api.cursor import Page
from services.api.problems import not_found

NEWEST: Final = 500
"""Messages that a search walks through before it asks the index: a common word is found at once
among the newest (performance.md, point 8).
"""
_ID_LAG: Final = timedelta(hours=1)
"""How far a message's id may be from its `created_at`, which comes from another call."""

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages a list is to have. `words`: see `services.api.words.query`."""

    organization_id: UUID
    inbox_id: UUID
    page: Page
    words: tuple[str, str] | None = None
    status: str | None = None
    label: str | None = None
    thread_id: UUID | None = None
    after: datetime | None = None
    before: datetime | None = None


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


async def list_messages(connection: AsyncConnection, wanted: Wanted) -> list[Row]:
    """Up to `wanted.page.wanted` messages, newest first."""
    where, values = _conditions(wanted)
    if wanted.words is None:
        return await rows.every(connection, sa.text(_plain(where)), values)
    every, rarest = wanted.words
    values |= {"every": every, "rarest": rarest}
    found = await rows.every(connection, sa.text(_among_newest(where)), values)
    if len(found) == wanted.page.wanted:
        return found
    return await rows.every(connection, sa.text(_by_index(where)), values)


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """Times are asked of ids too, with some room: the index is on those."""
    values = {
        "organization_id": wanted.organization_id,
        "inbox_id": wanted.inbox_id,
        "status": wanted.status,
        "label": wanted.label,
        "thread_id": wanted.thread_id,
        "since": wanted.after,
        "until": wanted.before,
        **wanted.page.values,
    }
    asked = {
        "status": "m.status = :status",
        "label": "m.labels @> ARRAY[:label]",
        "thread_id": "m.thread_id = :thread_id",
        "since": "m.created_at > :since AND m.id > :first",
        "until": "m.created_at < :until AND m.id < :last",
    }
    if wanted.after:
        values["first"] = _id_at(wanted.after, -_ID_LAG)
    if wanted.before:
        values["last"] = _id_at(wanted.before, _ID_LAG)
    given = [sql for name, sql in asked.items() if values[name] is not None]
    return " AND ".join([_MINE, "m.id < :before", *given]), values


def _id_at(moment: datetime, lag: timedelta) -> UUID:
    seconds = moment.timestamp() + lag.total_seconds()
    return ids.first_at(max(0.0, seconds))


def _plain(where: str) -> str:
    return f"SELECT {_COLUMNS} FROM message m WHERE {where} ORDER BY m.id DESC LIMIT :limit"


def _among_newest(where: str) -> str:
    """The documents are read before they are judged, so no index can be taken instead."""
    return f"""
    WITH newest AS MATERIALIZED (
        SELECT m.id, s.document FROM message m JOIN search s ON s.message_id = m.id
        WHERE {where} ORDER BY m.id DESC LIMIT {NEWEST}
    )
    SELECT {_COLUMNS} FROM newest n JOIN message m ON m.id = n.id
    WHERE n.document @@ CAST(:every AS tsquery) ORDER BY m.id DESC LIMIT :limit
    """


def _by_index(where: str) -> str:
    """The index is asked for the rarest words alone: see `services.api.words.query`."""
    return f"""
    WITH found AS MATERIALIZED (
        SELECT s.message_id, s.document FROM search s
        WHERE s.inbox_id = :inbox_id AND s.document @@ CAST(:rarest AS tsquery)
    )
    SELECT {_COLUMNS} FROM found f JOIN message m ON m.id = f.message_id
    WHERE f.document @@ CAST(:every AS tsquery) AND {where} ORDER BY m.id DESC LIMIT :limit
    """
