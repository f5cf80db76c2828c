"""The webhook worker's queue in Postgres: claim, record, give back. Each is one set, one commit.

A delivery whose worker vanished is claimed again when its lease runs out: webhooks are
at-least-once, and the receiver knows a repeated one by its `webhook-id`. Time is the database's.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import clock, ids
from common.db import as_json, recordset
from common.models import Attempt, Delivery
from common.resources import Row
from services.webhooks import standing
from services.webhooks.claims import CLAIM, TURNS
from services.webhooks.client import Answer
from services.webhooks.health import Sign
from services.webhooks.standing import Changes


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until the lease runs out, with all that an attempt needs."""

    row: Row
    token: UUID


@dataclass(frozen=True, slots=True)
class Result:
    """Where a delivery stands, and the answer of the attempt that brought it there, if any.

    `pause` is None unless it is tried again. `sign` is None where nothing was learnt of the
    endpoint; then the attempt, if there was one, does not count against the delivery either.
    """

    claimed: Claimed
    state: str
    answer: Answer | None
    pause: timedelta | None = None
    sign: Sign | None = None


_HELD: Final = """
    SELECT d.id FROM delivery d JOIN result n ON d.id = n.id
    WHERE d.lease_token = n.lease_token AND d.state = 'pending'
    ORDER BY d.id FOR NO KEY UPDATE OF d
"""
_ATTEMPT: Final = (
    "id, organization_id, delivery_id, webhook_id, number, status, error, excerpt, latency_ms,"
    " created_at"
)
# One statement, which is a transaction of its own where nothing else has to be written.
_RECORD: Final = sa.text(f"""
WITH result AS MATERIALIZED (
    SELECT * FROM json_to_recordset(CAST(:results AS json)) AS n (
        id uuid, lease_token uuid, state text, pause float8, uncounted int)
), held AS ({_HELD}
), made AS (
    INSERT INTO attempt ({_ATTEMPT}) SELECT {_ATTEMPT} FROM {recordset(Attempt, "made")}
)
UPDATE delivery d SET state = n.state, attempts = d.attempts - n.uncounted,
    due_at = coalesce(now() + make_interval(secs => n.pause), d.due_at),
    lease_token = NULL, lease_until = NULL,
    finished_at = CASE WHEN n.state = 'pending' THEN NULL ELSE now() END
FROM held, result n
WHERE d.id = held.id AND n.id = d.id AND n.lease_token = d.lease_token
""")
_GIVE_BACK: Final = sa.text(f"""
WITH result AS (SELECT * FROM {recordset(Delivery)}), held AS ({_HELD})
UPDATE delivery d SET attempts = d.attempts - 1, lease_token = NULL, lease_until = NULL
FROM held WHERE d.id = held.id
""")
_NOW: Final = sa.text("SELECT now()")


class Jobs:
    """The deliveries of one installation. `limit`: how many of one endpoint a process holds."""

    def __init__(self, engine: AsyncEngine, lease_seconds: float, limit: int) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lease_seconds = lease_seconds
        self.limit = limit

    async def claim(self, most: int, in_hand: Mapping[UUID, int]) -> list[Claimed]:
        """Up to `most` deliveries that are due, each to one worker alone. `in_hand`: how many of
        each endpoint this process has already.
        """
        held = [{"webhook_id": one, "held": count} for one, count in in_hand.items()]
        asked = {"most": most, "limit": self.limit, "in_hand": as_json(held)}
        async with self._alone.connect() as connection:
            turns = (await connection.execute(TURNS, asked)).all()
            return await self._take(connection, turns, most) if turns else []

    async def _take(
        self, connection: AsyncConnection, turns: Iterable[Any], most: int
    ) -> list[Claimed]:
        rooms = [{"webhook_id": one.id, "room": one.room} for one in turns]
        widest = max(room["room"] for room in rooms)
        token = ids.new()
        values = {
            "turns": as_json(rooms),
            "each": min(widest, math.ceil(most / len(rooms))),
            "most": most,
            "token": token,
            "lease": self._lease_seconds,
        }
        found = await connection.execute(CLAIM, values)
        # A mapping of SQLAlchemy's, made a dict, looks up each of its columns by name.
        columns = tuple(found.keys())
        return [Claimed(dict(zip(columns, row, strict=True)), token) for row in found]

    async def record(self, results: list[Result]) -> Changes:
        """Write the attempts, where their deliveries stand, and how their endpoints do.

        An attempt is always written, as it was made. The delivery moves only where it is still
        ours: who claimed it after us says what becomes of it.
        """
        now = clock.now()
        made = (_attempt(one.claimed.row, one.answer, now) for one in results if one.answer)
        values = {
            "made": as_json(made),
            "results": as_json(map(_settled, results)),
        }
        signs = _signs(results)
        if not signs:
            async with self._alone.connect() as connection:
                await connection.execute(_RECORD, values)
            return Changes()
        async with self._engine.begin() as connection:
            await connection.execute(_RECORD, values)
            at = (await connection.execute(_NOW)).scalar_one()
            return await standing.judge(connection, signs, at)

    async def give_back(self, claims: Iterable[Claimed]) -> None:
        """For anybody, at once, as if they had not been claimed."""
        rows = [{"id": one.row["delivery_id"], "lease_token": one.token} for one in claims]
        async with self._engine.begin() as connection:
            await connection.execute(_GIVE_BACK, {"rows": as_json(rows)})


def _signs(results: Iterable[Result]) -> dict[UUID, list[Sign]]:
    """By the endpoints whose health changes: one that is well stays so by a good attempt."""
    found: dict[UUID, list[Sign]] = {}
    changed: set[UUID] = set()
    for one in results:
        if one.sign is not None:
            webhook_id = one.claimed.row["webhook_id"]
            found.setdefault(webhook_id, []).append(one.sign)
            if one.sign is not Sign.GOOD or one.claimed.row["failures"]:
                changed.add(webhook_id)
    return {webhook_id: found[webhook_id] for webhook_id in changed}


def _attempt(row: Row, answer: Answer, now: datetime) -> dict[str, Any]:
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
        "created_at": now,
    }


def _settled(result: Result) -> dict[str, Any]:
    return {
        "id": result.claimed.row["delivery_id"],
        "lease_token": result.claimed.token,
        "state": result.state,
        "pause": None if result.pause is None else result.pause.total_seconds(),
        "uncounted": int(result.state == "pending" and result.sign is None),
    }
