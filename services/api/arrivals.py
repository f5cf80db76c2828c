"""What has arrived in an inbox, looked for again and again without missing or repeating any.

Ids are made before they are committed, by clocks that differ, so a message may appear behind one
that is older by its id. What is new to a search is therefore told by Postgres: each look remembers
its snapshot, and the next one takes the events `message.received` of the transactions that were not
visible in it. Each is written with its message (`models.Event.transaction`).

A search that begins behind something (`after`) first walks through the inbox's own messages. Behind
a message means behind it in the log of events, which an answer may not run ahead of: see `settled`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import ids
from common.resources import Row
from services.api import rows
from services.api.event_log import HORIZON
from services.api.problems import invalid

PAGE: Final = 200
_ID_LAG: Final = timedelta(hours=1)
"""How far ids of different clocks may be apart."""

_LIGHT: Final = "m.id, m.organization_id, m.from_email, m.from_name, m.subject, m.created_at"
_SEEN: Final = f"""
    m.id AS message_id, m.from_email, m.from_name, m.subject, told.id AS event_id,
    coalesce(told.transaction, 0) AS transaction,
    coalesce(told.transaction < {HORIZON}, true) AS settled
"""
_MINE: Final = "m.organization_id = :organization_id AND m.inbox_id = :inbox_id"
_OF_THREAD: Final = "(CAST(:thread_id AS uuid) IS NULL OR m.thread_id = :thread_id)"

_NOW: Final = sa.text("SELECT pg_current_snapshot()::text")
# `oldest` is the snapshot's own beginning: all transactions below it were visible.
_NEW: Final = sa.text(f"""
WITH told AS MATERIALIZED (
    SELECT e.id, e.message_id, e.transaction FROM event e
    WHERE e.organization_id = :organization_id AND e.transaction >= :oldest
        AND (e.transaction, e.id) > (:transaction, CAST(:event_id AS uuid))
        AND e.inbox_id = :inbox_id AND e.type = 'message.received'
        AND NOT pg_visible_in_snapshot(e.transaction::text::xid8, CAST(:snapshot AS pg_snapshot))
    ORDER BY e.transaction, e.id LIMIT {PAGE}
)
SELECT pg_current_snapshot()::text AS snapshot, {_SEEN}
FROM (SELECT) AS always LEFT JOIN told ON true
LEFT JOIN LATERAL (
    SELECT {_LIGHT} FROM message m WHERE {_MINE} AND m.id = told.message_id AND {_OF_THREAD}
) m ON true
ORDER BY told.transaction, told.id
""")
_BEHIND: Final = {
    "message": """coalesce(
        (told.transaction, told.id) > (CAST(:behind AS bigint), CAST(:behind_event AS uuid)),
        m.id > :message_id)""",
    "moment": "m.created_at > :moment",
}


def _stored(behind: str) -> sa.TextClause:
    return sa.text(f"""
    WITH page AS MATERIALIZED (
        SELECT {_LIGHT} FROM message m
        WHERE {_MINE} AND m.id > :first AND m.direction = 'inbound' AND {_OF_THREAD}
        ORDER BY m.id LIMIT {PAGE}
    )
    SELECT pg_current_snapshot()::text AS snapshot, {_BEHIND[behind]} AS behind, {_SEEN}
    FROM (SELECT) AS always LEFT JOIN page m ON true
    LEFT JOIN LATERAL (
        SELECT e.id, e.transaction FROM event e
        WHERE e.message_id = m.id AND e.organization_id = m.organization_id
            AND e.type = 'message.received'
        LIMIT 1
    ) told ON true
    ORDER BY m.id
    """)


_STORED: Final = {behind: _stored(behind) for behind in _BEHIND}
_PLACE: Final = sa.text(f"""
SELECT m.id, e.transaction, e.id AS event_id FROM message m
LEFT JOIN event e ON e.message_id = m.id AND e.organization_id = m.organization_id
    AND e.type = 'message.received'
WHERE {_MINE} AND m.id = :message_id LIMIT 1
""")
_START: Final = {"transaction": -1, "event_id": UUID(int=0)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which received message is waited for. `sender`: a part of its address or its name."""

    organization_id: UUID
    inbox_id: UUID
    sender: str = ""
    subject: str = ""
    thread_id: UUID | None = None
    after: UUID | datetime | None = None

    def matches(self, row: Row) -> bool:
        """Whether this is one. By Python's case, as no locale of Postgres is to decide."""
        parts = (row["from_email"].casefold(), row["from_name"].casefold())
        sender, subject = self.sender.casefold(), self.subject.casefold()
        return any(sender in part for part in parts) and subject in row["subject"].casefold()


class Arrival(NamedTuple):
    """A message that is wanted. `settled`: nothing can appear before it in the log any more."""

    message_id: UUID
    settled: bool


class Search:
    """Looks for what is wanted; `begin` comes first."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._asked = {
            "organization_id": wanted.organization_id,
            "inbox_id": wanted.inbox_id,
            "thread_id": wanted.thread_id,
        }
        self._behind: dict[str, Any] = {}
        self._snapshot = ""

    async def begin(self, connection: AsyncConnection) -> None:
        """From now on, or behind what `after` names; Problem 422 where the inbox has no such."""
        after = self._wanted.after
        if after is None:
            self._snapshot = (await connection.execute(_NOW)).scalar_one()
        elif isinstance(after, datetime):
            self._behind = {"moment": after, "first": _earlier(after.timestamp())}
        else:
            row = await rows.one(connection, _PLACE, self._asked | {"message_id": after})
            if row is None:
                raise invalid("after", "There is no such message in this inbox.")
            self._behind = {
                "message_id": after,
                "behind": row["transaction"],
                "behind_event": row["event_id"],
                "first": _earlier((after.int >> 80) / 1000),
            }

    async def look(self, connection: AsyncConnection) -> Arrival | None:
        """The first one by the log that has not been looked at. One that is found is found again
        the next time, or one that has appeared before it.
        """
        if not self._snapshot:
            return await self._among_stored(connection)
        values = {**self._asked, **_START, "snapshot": self._snapshot}
        values["oldest"] = int(self._snapshot.partition(":")[0])
        snapshot = ""
        while True:
            page = await rows.every(connection, _NEW, values)
            snapshot = snapshot or page[0]["snapshot"]
            if found := self._first_of(page):
                return found
            if len(page) < PAGE:
                break
            values |= {name: page[-1][name] for name in _START}
        self._snapshot = snapshot
        return None

    async def _among_stored(self, connection: AsyncConnection) -> Arrival | None:
        statement = _STORED["moment" if "moment" in self._behind else "message"]
        values = {**self._asked, **self._behind}
        snapshot = ""
        while True:
            page = await rows.every(connection, statement, values)
            snapshot = snapshot or page[0]["snapshot"]
            if found := self._first_of([row for row in page if row["behind"]]):
                return found
            if len(page) < PAGE:
                break
            values["first"] = page[-1]["message_id"]
        self._snapshot = snapshot
        return None

    def _first_of(self, page: list[Row]) -> Arrival | None:
        wanted = [one for one in page if one["message_id"] and self._wanted.matches(one)]
        if not wanted:
            return None
        first = min(wanted, key=_in_the_log)
        return Arrival(first["message_id"], first["settled"])


def _in_the_log(row: Row) -> tuple[int, UUID]:
    return row["transaction"], row["event_id"] or row["message_id"]


def _earlier(seconds: float) -> UUID:
    return ids.first_at(max(0.0, seconds - _ID_LAG.total_seconds()))
