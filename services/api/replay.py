"""Telling an endpoint again, or for the first time, of what happened.

A delivery that is replayed begins anew: pending, due now, no attempts. It stays the delivery of its
event, so the endpoint sees the same `webhook-id`. What is pending is left as it is, so that of two
replays at once, or one that is repeated, nothing is told twice as often.

A range of time is a range of ids, as those are UUIDv7.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, ids
from common.resources import Resource
from services.api import rows
from services.api.problems import not_found
from services.api.schemas.replay import NewReplay

MOST: Final = 10_000
"""Deliveries of one call."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_ID: Final = UUID(int=(1 << 128) - 1)

_ANEW: Final = """
    state = 'pending', attempts = 0, due_at = now(), finished_at = NULL, lease_until = NULL,
    lease_token = NULL
"""
# As `common.events` writes it; the endpoint may have asked for order since.
_ORDER_KEY: Final = "CASE WHEN w.ordered THEN e.payload ->> 'threadId' END"
_MINE: Final = "w.id = :id AND w.organization_id = :organization_id"

_ONE: Final = sa.text(f"""
UPDATE delivery d SET {_ANEW}, order_key = {_ORDER_KEY} FROM event e, webhook w
WHERE d.id = :delivery_id AND d.webhook_id = w.id AND d.organization_id = :organization_id
    AND e.id = d.event_id AND {_MINE} AND d.state <> 'pending'
""")
_EXISTS: Final = sa.text("""
SELECT 1 FROM delivery
WHERE id = :delivery_id AND webhook_id = :id AND organization_id = :organization_id
""")
_NEXT: Final = """
SELECT (SELECT count(*) FROM replayed) AS deliveries,
    (SELECT event_id FROM wanted ORDER BY event_id OFFSET :most LIMIT 1) AS next
"""
_FAILED: Final = sa.text(f"""
WITH wanted AS MATERIALIZED (
    SELECT id, event_id FROM delivery
    WHERE webhook_id = :id AND organization_id = :organization_id
        AND state IN ('exhausted', 'cancelled') AND event_id >= :first AND event_id < :end
    ORDER BY event_id LIMIT :most + 1
), replayed AS (
    UPDATE delivery d SET {_ANEW}, order_key = {_ORDER_KEY}
    FROM (SELECT id FROM wanted ORDER BY event_id LIMIT :most) f, event e, webhook w
    WHERE d.id = f.id AND e.id = d.event_id AND {_MINE} AND d.state IN ('exhausted', 'cancelled')
    RETURNING 1
) {_NEXT}
""")
_ALL: Final = sa.text(f"""
WITH wanted AS MATERIALIZED (
    SELECT e.id AS event_id, {_ORDER_KEY} AS order_key
    FROM webhook w JOIN event e ON e.organization_id = w.organization_id
    WHERE {_MINE} AND e.id >= :first AND e.id < :end AND e.type = ANY (w.events)
        AND (w.inbox_ids IS NULL OR e.inbox_id = ANY (w.inbox_ids))
        AND NOT EXISTS (
            SELECT FROM delivery d
            WHERE d.event_id = e.id AND d.webhook_id = w.id AND d.state = 'pending'
        )
    ORDER BY e.id LIMIT :most + 1
), replayed AS (
    INSERT INTO delivery AS d
        (id, organization_id, event_id, webhook_id, state, due_at, attempts, order_key, created_at)
    SELECT postroom_uuid7(), :organization_id, event_id, :id, 'pending', now(), 0, order_key, :now
    FROM (SELECT * FROM wanted ORDER BY event_id LIMIT :most) first_ones
    ON CONFLICT (event_id, webhook_id) DO UPDATE SET {_ANEW}, order_key = excluded.order_key
    WHERE d.state <> 'pending'
    RETURNING 1
) {_NEXT}
""")


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many are due again, and from when on there are more."""

    deliveries: int
    next_since: datetime | None = None

    @property
    def resource(self) -> Resource:
        """As the answer tells it."""
        told: Resource = {"success": True, "deliveries": self.deliveries}
        return told | ({"nextSince": clock.wire(self.next_since)} if self.next_since else {})


async def replay(connection: AsyncConnection, key: dict[str, Any], asked: NewReplay) -> Replayed:
    """What is asked for; `key` are the webhook's `id` and `organization_id`."""
    if asked.delivery_id:
        return await _one(connection, key | {"delivery_id": asked.delivery_id})
    assert asked.since  # noqa: S101 - the schema has seen to it
    values = {
        **key,
        "first": _first_id(asked.since),
        "end": _first_id(asked.until) if asked.until else _LAST_ID,
        "most": MOST,
    }
    if asked.which == "all":
        row = await rows.one(connection, _ALL, values | {"now": clock.now()})
    else:
        row = await rows.one(connection, _FAILED, values)
    assert row  # noqa: S101 - as above: two subqueries make one row
    return Replayed(row["deliveries"], row["next"] and _moment_of(row["next"]))


async def _one(connection: AsyncConnection, values: dict[str, Any]) -> Replayed:
    if (await connection.execute(_ONE, values)).rowcount:
        return Replayed(1)
    if await rows.one(connection, _EXISTS, values) is None:
        raise not_found("delivery")
    return Replayed(0)


def _first_id(moment: datetime) -> UUID:
    """The smallest id of its millisecond. Half of one is added, as a float may lie just below."""
    milliseconds = max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
    return ids.first_at((milliseconds + 0.5) / 1000)


def _moment_of(event_id: UUID) -> datetime:
    """Where a range begins that has this id: its own time, whatever the event says."""
    return _EPOCH + timedelta(milliseconds=event_id.int >> 80)
