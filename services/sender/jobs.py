"""The sender's queue in Postgres: claim, start, record. Each is one set and one commit.

    queued --claim--> queued, leased --start--> sending --record--> done | queued, later | unknown
                          |                        |
                          '- lease runs out:       '- lease runs out: unknown, since SES may have
                             queued for anybody       it, and only an event of SES can tell

Time is the database's: a worker whose clock is wrong takes nothing too early and holds nothing
too long.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.elements import TextClause

from common import ids, tracking
from common.db import as_json, identifiers, recordset
from common.models import Message
from common.resources import Row
from common.tracking import Sighting, Tracked
from services.sender.claims import CLAIM, CLAIM_SUSPECT, HAS_SUSPECTS, TURNS

_NOBODY: Final = UUID(int=0)


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

    @property
    def recipients(self) -> int:
        """What it costs: SES counts recipients."""
        return len(self.row["recipients"])


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a started message: a sighting, or a wait before the next try, or both.

    `pause`: until it is tried again or, where it is `unknown`, until nobody waits for an event any
    more; without one it keeps its place. `not_made`: 1 where it was started, and not called for.
    """

    claimed: Claimed
    sighting: Sighting | None
    send_state: str
    pause: timedelta = timedelta()
    not_made: int = 0


_START = sa.text(f"""
WITH held AS (
    SELECT m.id FROM message m JOIN {recordset(Message)} n ON m.id = n.id
    WHERE m.lease_token = n.lease_token AND m.send_state = 'queued' AND m.lease_until > now()
    ORDER BY m.id FOR NO KEY UPDATE OF m
)
UPDATE message m SET send_state = 'sending', attempts = m.attempts + 1,
    lease_until = now() + make_interval(secs => :lease)
FROM held WHERE m.id = held.id
RETURNING m.id, m.lease_token, m.attempts
""")

_GIVE_BACK = sa.text(f"""
WITH held AS (
    SELECT m.id FROM message m JOIN {recordset(Message)} n ON m.id = n.id
    WHERE m.lease_token = n.lease_token AND m.send_state = 'queued'
    ORDER BY m.id FOR NO KEY UPDATE OF m
)
UPDATE message m SET lease_token = NULL, lease_until = NULL, claims = greatest(m.claims - 1, 0)
FROM held WHERE m.id = held.id
""")


class Jobs:
    """The queue of one installation."""

    def __init__(self, engine: sa.Engine, lease_seconds: float, wire_domain: str) -> None:
        self._engine = engine
        # What is one statement needs no words before and behind it.
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.lease_seconds = lease_seconds
        self._wire_domain = wire_domain
        self._after = _NOBODY

    def claim(self, most: int, recipients: float = math.inf) -> list[Claimed]:
        """Up to `most` messages that are due, each to one worker alone, in the order in which they
        are to be sent. No more of them than reach this number of recipients, but one at least.
        """
        with self._alone.connect() as connection:
            after = {"after": self._after, "most": most}
            turns = connection.execute(TURNS, after).scalars().all()
            if not turns:
                return []
            each = math.ceil(most / len(turns))
            wanted = {"turns": identifiers(turns), "each": each, "recipients": recipients}
            found = self._take(connection, CLAIM, most=most, **wanted)
        if found:
            self._after = found[-1].row["organization_id"]
        return found

    def claim_suspect(self) -> list[Claimed]:
        """One message that may have killed its senders, if there is one."""
        with self._alone.connect() as connection:
            return self._take(connection, CLAIM_SUSPECT)

    def has_suspects(self) -> bool:
        """Whether there is one."""
        with self._alone.connect() as connection:
            return bool(connection.execute(HAS_SUSPECTS).scalar_one())

    def _take(
        self, connection: sa.Connection, statement: TextClause, **values: Any
    ) -> list[Claimed]:
        token = ids.new()
        values |= {"token": token, "lease": self.lease_seconds, "wire": self._wire_domain}
        rows = connection.execute(statement, values).mappings().all()
        return [Claimed(dict(row), token) for row in sorted(rows, key=itemgetter("number"))]

    def start(self, claims: list[Claimed]) -> list[int | None]:
        """Mark that SES may have them from now on: the number of the attempt of each, or None
        for one that is not ours any more, which must not be sent by us.
        """
        values = {"rows": as_json(map(_held, claims)), "lease": self.lease_seconds}
        # Not on its own: what Postgres commits by itself stands also where who asked was killed
        # meanwhile, and the message would be unknown instead of free for anybody.
        with self._engine.begin() as connection:
            started = connection.execute(_START, values)
            # By the token too: a set may hold a claim of ours that ran out, and our next one.
            attempts = {(row.id, row.lease_token): row.attempts for row in started}
        return [attempts.get((one.id, one.token)) for one in claims]

    def record(self, results: list[Result]) -> tuple[int, int]:
        """Write what SES said: the numbers of deliveries now due, and of results that came too
        late, when the message was not ours any more. Those are not written.
        """
        with self._engine.begin() as connection:
            tracked = tracking.lock(connection, (one.claimed.id for one in results))
            ours = [one for one in results if _is_ours(one, tracked)]
            now = _now(connection) if any(one.pause for one in ours) else None
            for one in ours:
                _apply(one, tracked[one.claimed.id], now)
            touched = [tracked[one.claimed.id] for one in ours]
            deliveries = tracking.save(connection, touched) if touched else 0
        return deliveries, len(results) - len(ours)

    def give_back(self, claims: Iterable[Claimed]) -> None:
        """For anybody, at once."""
        with self._engine.begin() as connection:
            connection.execute(_GIVE_BACK, {"rows": as_json(map(_held, claims))})


def _held(claimed: Claimed) -> dict[str, Any]:
    return {"id": claimed.id, "lease_token": claimed.token}


def _is_ours(result: Result, tracked: dict[UUID, Tracked]) -> bool:
    one = tracked.get(result.claimed.id)
    return one is not None and one.state["lease_token"] == result.claimed.token


def _now(connection: sa.Connection) -> datetime:
    now: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return now


def _apply(result: Result, one: Tracked, now: datetime | None) -> None:
    """An event of SES may have been faster than SES's answer to us; what it said stands."""
    if result.sighting is not None:
        one.see(result.sighting)
    if result.pause and now:
        one.state["due_at"] = now + result.pause
    state = one.state["send_state"]
    if state == "sending":
        state = result.send_state
        one.state["attempts"] -= result.not_made
    one.state |= {"send_state": state, "lease_token": None, "lease_until": None, "claims": 0}
