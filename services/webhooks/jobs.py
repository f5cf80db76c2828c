"""The webhook worker's queue in Postgres: claim, record, give back. Each is one set, one commit.

A delivery whose worker vanished is claimed again when its lease runs out: webhooks are
at-least-once, and the receiver knows a repeated one by its `webhook-id`. Time is the database's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import clock, events, ids, resources
from common.db import as_json, identifiers, insert_set, recordset
from common.events import NewEvent
from common.models import Attempt, Delivery
from common.resources import Row
from services.webhooks.client import Answer


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until the lease runs out, with all that an attempt needs."""

    row: Row
    token: UUID


@dataclass(frozen=True, slots=True)
class Result:
    """Where a delivery stands, and the answer of the attempt that brought it there, if any.

    `pause` is None unless it is tried again; `disable`: the endpoint asked not to be called again.
    """

    claimed: Claimed
    state: str
    answer: Answer | None
    pause: timedelta | None = None
    disable: bool = False


_FREE: Final = """
    d.state = 'pending' AND d.due_at <= now()
    AND (d.lease_until IS NULL OR d.lease_until < now())
"""

# What is due for an endpoint that was deleted or disabled meanwhile is taken too, and cancelled.
_CLAIM = sa.text(f"""
WITH due AS (
    SELECT d.id FROM delivery d WHERE {_FREE}
    ORDER BY d.due_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
), claimed AS (
    UPDATE delivery d SET attempts = d.attempts + 1, lease_token = :token,
        lease_until = now() + make_interval(secs => :lease)
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.event_id, d.webhook_id, d.organization_id, d.attempts, d.due_at
)
SELECT c.id AS delivery_id, c.webhook_id, c.attempts,
    w.url, w.secret, w.enabled AND w.deleted_at IS NULL AS wanted,
    e.id, e.organization_id, e.inbox_id, e.message_id, e.type, e.payload, e.created_at,
    m.text, m.html, m.request_id
FROM claimed c
JOIN webhook w ON w.id = c.webhook_id AND w.organization_id = c.organization_id
JOIN event e ON e.id = c.event_id AND e.organization_id = c.organization_id
LEFT JOIN message m ON m.id = e.message_id AND m.organization_id = c.organization_id
ORDER BY c.due_at
""")

_SETTLE = sa.text(f"""
WITH held AS (
    SELECT d.id FROM delivery d JOIN {recordset(Delivery)} n ON d.id = n.id
    WHERE d.lease_token = n.lease_token AND d.state = 'pending'
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE delivery d SET state = n.state, due_at = coalesce(n.due_at, d.due_at),
    lease_token = NULL, lease_until = NULL,
    finished_at = CASE WHEN n.state = 'pending' THEN NULL ELSE now() END
FROM held, {recordset(Delivery)} n
WHERE d.id = held.id AND n.id = d.id AND n.lease_token = d.lease_token
RETURNING d.id
""")

_ATTEMPT_COLUMNS: Final = (
    "id",
    "organization_id",
    "delivery_id",
    "webhook_id",
    "number",
    "status",
    "error",
    "excerpt",
    "latency_ms",
    "created_at",
)

_GIVE_BACK = sa.text(f"""
WITH held AS (
    SELECT d.id FROM delivery d JOIN {recordset(Delivery)} n ON d.id = n.id
    WHERE d.lease_token = n.lease_token AND d.state = 'pending'
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE delivery d SET attempts = d.attempts - 1, lease_token = NULL, lease_until = NULL
FROM held WHERE d.id = held.id
""")

_DISABLE = sa.text("""
WITH held AS (
    SELECT w.id FROM webhook w WHERE w.id = ANY (CAST(:ids AS uuid[])) AND w.enabled
    ORDER BY w.id FOR NO KEY UPDATE
)
UPDATE webhook w SET enabled = false, updated_at = now() FROM held WHERE w.id = held.id
RETURNING w.id, w.organization_id, w.url, w.events, w.inbox_ids, w.enabled, w.created_at,
    w.updated_at
""")

OLDEST_WAITING: Final = (
    f"SELECT extract(epoch FROM now() - min(d.due_at)) FROM delivery d WHERE {_FREE}"
)


class Jobs:
    """The deliveries of one installation."""

    def __init__(self, engine: sa.Engine, lease_seconds: float) -> None:
        self._engine = engine
        self._lease_seconds = lease_seconds

    def claim(self, most: int) -> list[Claimed]:
        """Up to `most` deliveries that are due, longest first, each to one worker alone."""
        token = ids.new()
        values = {"most": most, "token": token, "lease": self._lease_seconds}
        with self._engine.begin() as connection:
            rows = connection.execute(_CLAIM, values).mappings().all()
        return [Claimed(dict(row), token) for row in rows]

    def record(self, results: list[Result]) -> list[UUID]:
        """Write the attempts and where their deliveries stand; the webhooks that are now disabled.

        An attempt is always written, as it was made. The delivery moves only where it is still
        ours: who claimed it after us says what becomes of it.
        """
        made = [_attempt(one.claimed.row, one.answer) for one in results if one.answer]
        gone = {one.claimed.row["webhook_id"] for one in results if one.disable}
        with self._engine.begin() as connection:
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            settled = [_settled(one, now) for one in results]
            connection.execute(insert_set(Attempt, _ATTEMPT_COLUMNS), {"rows": as_json(made)})
            connection.execute(_SETTLE, {"rows": as_json(settled)})
            return self._disable(connection, gone) if gone else []

    def give_back(self, claims: list[Claimed]) -> None:
        """For anybody, at once, as if they had not been claimed."""
        rows = [{"id": one.row["delivery_id"], "lease_token": one.token} for one in claims]
        with self._engine.begin() as connection:
            connection.execute(_GIVE_BACK, {"rows": as_json(rows)})

    def _disable(self, connection: sa.Connection, webhooks: set[UUID]) -> list[UUID]:
        rows = connection.execute(_DISABLE, {"ids": identifiers(webhooks)}).mappings().all()
        told = [
            NewEvent(row["organization_id"], "webhook.disabled", resources.webhook(dict(row)))
            for row in rows
        ]
        if told:
            connection.execute(*events.write(told))
        return [row["id"] for row in rows]


def _attempt(row: Row, answer: Answer) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "organization_id": row["organization_id"],
        "delivery_id": row["delivery_id"],
        "webhook_id": row["webhook_id"],
        "number": row["attempts"],
        "status": answer.status,
        "error": answer.error,
        "excerpt": answer.excerpt,
        "latency_ms": answer.latency_ms,
        "created_at": clock.now(),
    }


def _settled(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "id": result.claimed.row["delivery_id"],
        "lease_token": result.claimed.token,
        "state": result.state,
        "due_at": None if result.pause is None else now + result.pause,
    }
