"""The sender's queue in Postgres: claim, start, record. Each is one set and one commit.

    queued --claim--> queued, leased --start--> sending --record--> done | queued, later | unknown
                          |                        |
                          '- lease runs out:       '- lease runs out: unknown, since SES may have
                             queued for anybody       it, and only an event of SES can tell

Time is the database's: a worker whose clock is wrong takes nothing too early and holds nothing
too long.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import clock, ids, resources, tracking
from common.db import as_json, recordset
from common.models import Message
from common.resources import Row
from common.statuses import Reason
from common.tracking import Sighting, Tracked


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours until the lease runs out. Surely not with SES."""

    row: Row
    token: UUID

    @property
    def id(self) -> UUID:
        """The message's."""
        message_id: UUID = self.row["id"]
        return message_id


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a started message: a sighting, or a wait before the next try, or both."""

    claimed: Claimed
    sighting: Sighting | None
    send_state: str
    pause: timedelta = timedelta()


_FREE: Final = """
    send_state = 'queued' AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
"""

_CLAIM = sa.text(f"""
WITH due AS (
    SELECT id FROM message WHERE {_FREE}
    ORDER BY due_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE message m
SET lease_token = :token, lease_until = now() + make_interval(secs => :lease)
FROM due WHERE m.id = due.id
RETURNING {resources.MESSAGE_COLUMNS_WITH_BODIES}, m.headers, m.reference_ids, m.request_id,
    (SELECT coalesce(p.internet_message_id, '<' || p.external_message_id || '@' || :wire || '>')
     FROM message p WHERE p.id = m.in_reply_to_id AND p.organization_id = m.organization_id
    ) AS parent_wire_id
""")

_START = sa.text(f"""
WITH held AS (
    SELECT m.id FROM message m JOIN {recordset(Message)} n ON m.id = n.id
    WHERE m.lease_token = n.lease_token AND m.send_state = 'queued' AND m.lease_until > now()
    ORDER BY m.id FOR NO KEY UPDATE OF m
)
UPDATE message m SET send_state = 'sending', attempts = m.attempts + 1,
    lease_until = now() + make_interval(secs => :lease)
FROM held WHERE m.id = held.id
RETURNING m.id, m.attempts
""")

_GIVE_BACK = sa.text(f"""
WITH held AS (
    SELECT m.id FROM message m JOIN {recordset(Message)} n ON m.id = n.id
    WHERE m.lease_token = n.lease_token AND m.send_state = 'queued'
    ORDER BY m.id FOR NO KEY UPDATE OF m
)
UPDATE message m SET lease_token = NULL, lease_until = NULL FROM held WHERE m.id = held.id
""")

_VANISHED = sa.text("""
SELECT id FROM message WHERE send_state = 'sending' AND lease_until < now()
ORDER BY id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED
""")

OLDEST_WAITING: Final = f"SELECT extract(epoch FROM now() - min(due_at)) FROM message WHERE {_FREE}"


class Jobs:
    """The queue of one installation."""

    def __init__(self, engine: sa.Engine, lease_seconds: float, wire_domain: str) -> None:
        self._engine = engine
        self.lease_seconds = lease_seconds
        self._wire_domain = wire_domain

    def claim(self, most: int) -> list[Claimed]:
        """Up to `most` messages that are due, oldest first, each to one worker alone."""
        token = ids.new()
        values = {
            "most": most,
            "token": token,
            "lease": self.lease_seconds,
            "wire": self._wire_domain,
        }
        with self._engine.begin() as connection:
            rows = connection.execute(_CLAIM, values).mappings().all()
        return [Claimed(dict(row), token) for row in sorted(rows, key=itemgetter("due_at"))]

    def start(self, claims: list[Claimed]) -> list[int | None]:
        """Mark that SES may have them from now on: the number of the attempt of each, or None
        for one that is not ours any more, which must not be sent by us.
        """
        values = {"rows": as_json(map(_held, claims)), "lease": self.lease_seconds}
        with self._engine.begin() as connection:
            attempts = {row.id: row.attempts for row in connection.execute(_START, values)}
        return [attempts.get(one.id) for one in claims]

    def record(self, results: list[Result]) -> tuple[int, int]:
        """Write what SES said: the numbers of deliveries now due, and of results that came too
        late, when the message was not ours any more. Those are not written.
        """
        with self._engine.begin() as connection:
            tracked = tracking.lock(connection, (one.claimed.id for one in results))
            ours = [one for one in results if _is_ours(one, tracked)]
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            for one in ours:
                _apply(one, tracked[one.claimed.id], now)
            touched = [tracked[one.claimed.id] for one in ours]
            deliveries = tracking.save(connection, touched) if touched else 0
        return deliveries, len(results) - len(ours)

    def give_back(self, claims: Iterable[Claimed]) -> None:
        """For anybody, at once."""
        with self._engine.begin() as connection:
            connection.execute(_GIVE_BACK, {"rows": as_json(map(_held, claims))})

    def sweep(self, reason: Reason) -> int:
        """Messages whose sender vanished during the call: `unknown`, for this reason."""
        with self._engine.begin() as connection:
            vanished = connection.execute(_VANISHED).scalars().all()
            if not vanished:
                return 0
            tracked = tracking.lock(connection, vanished)
            for message_id, one in tracked.items():
                one.see(Sighting(message_id, "unknown", clock.now(), reason=reason))
                _let_go(one, "unknown")
            tracking.save(connection, tracked.values())
        return len(vanished)


def _held(claimed: Claimed) -> dict[str, Any]:
    return {"id": claimed.id, "lease_token": claimed.token}


def _is_ours(result: Result, tracked: dict[UUID, Tracked]) -> bool:
    one = tracked.get(result.claimed.id)
    return one is not None and one.state["lease_token"] == result.claimed.token


def _apply(result: Result, one: Tracked, now: datetime) -> None:
    """An event of SES may have been faster than SES's answer to us; what it said stands."""
    if result.sighting is not None:
        one.see(result.sighting)
    if result.pause:
        one.state["due_at"] = now + result.pause
    state = one.state["send_state"]
    _let_go(one, result.send_state if state == "sending" else state)


def _let_go(one: Tracked, send_state: str) -> None:
    one.state |= {"send_state": send_state, "lease_token": None, "lease_until": None}
