"""Whether a message may be answered: two programs that answer each other would never stop.

What is `automatic` is answered by force alone; and no thread gets more replies of ours in an hour
than a setting allows, whoever is at its other end.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, ids
from common.resources import Row
from services.api import rows
from services.api.messages import get_message
from services.api.problems import Problem, not_found
from services.api.schemas.messages import NewReply

_WINDOW: Final = timedelta(hours=1)
_ID_LAG: Final = timedelta(hours=1)
"""How far a message's id may be from its `created_at`, which comes from another call."""

# All of one moment, so what is written after it has made `message_count` greater.
_STANDING: Final = sa.text("""
SELECT t.message_count, recent.replies, recent.first_at,
    (SELECT p.external_message_id FROM message p
     WHERE p.id = :parent_id AND p.organization_id = t.organization_id
        AND p.direction = 'outbound') AS parent_external_id
FROM thread t
CROSS JOIN LATERAL (
    SELECT count(*) AS replies, min(reply.created_at) AS first_at FROM (
        SELECT m.created_at FROM message m
        WHERE m.thread_id = t.id AND m.organization_id = t.organization_id AND m.id > :first
            AND m.direction = 'outbound' AND m.in_reply_to_id IS NOT NULL
            AND m.created_at > :since
        ORDER BY m.id DESC LIMIT :limit
    ) reply
) recent
WHERE t.organization_id = :organization_id AND t.id = :thread_id
""")


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is answered, with `parent_external_id`: SES's id of what it answers itself,
    where that was sent by us. `most`: how many messages its thread may have for one more reply.
    """

    row: Row
    most: int


async def find(
    connection: AsyncConnection, key: tuple[UUID, UUID, UUID], new: NewReply, limit: int
) -> Original:
    """The message with this `key` (organization, inbox, message), if it may be answered now; else
    a Problem: 404, or 409 `automatic_message` or `thread_reply_limit`.
    """
    row = await get_message(connection, *key)
    if row["automatic"] and row["direction"] == "inbound" and not new.force:
        raise Problem(
            409,
            "automatic_message",
            "A program or a list sent this message, and might answer your reply: it is replied to "
            "with `force` alone.",
        )
    now = clock.now()
    values = {
        "organization_id": row["organization_id"],
        "thread_id": row["thread_id"],
        "parent_id": row["in_reply_to_id"],
        "since": now - _WINDOW,
        "first": ids.first_at((now - _WINDOW - _ID_LAG).timestamp()),
        "limit": limit,
    }
    thread = await rows.one(connection, _STANDING, values)
    if thread is None:
        raise not_found("message")
    room = limit - thread["replies"]
    if room <= 0:
        raise _too_often(limit, (thread["first_at"] + _WINDOW - now).total_seconds())
    parent = {"parent_external_id": thread["parent_external_id"]}
    return Original({**row, **parent}, thread["message_count"] + room - 1)


def _too_often(limit: int, seconds: float) -> Problem:
    return Problem(
        409,
        "thread_reply_limit",
        f"This thread has got {limit} replies within an hour, as if two programs answered each "
        "other. It can be replied to again when it has cooled.",
        headers={"retry-after": str(max(1, math.ceil(seconds)))},
    )
