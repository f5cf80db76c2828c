"""The table of events as a log that can be read on: none is missed, none comes twice.

Ids are made before they are committed, by clocks that differ, so the order of ids is no order to
read by: an event could appear behind the reader. The order here is that of the transactions, and
read is only what lies below the oldest one that still runs (`HORIZON`). A transaction that runs for
long, anybody's in the same server, holds all readers back for as long; ours are ended after 30 s.
"""

from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import ids
from common.resources import Row
from services.api import filters, rows
from services.api.filters import Filters
from services.api.problems import Problem

PAGE: Final = 20
HORIZON: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""All transactions below have come to their end, and are seen: nothing can appear among them."""
_LAST_ID: Final = UUID(int=(1 << 128) - 1)

_NOW: Final = sa.text(f"SELECT {HORIZON} AS horizon, pg_current_snapshot()::text AS seen")
_OF_EVENT: Final = sa.text(f"""
SELECT transaction, {HORIZON} AS horizon FROM event
WHERE organization_id = :organization_id AND id = :id
""")


class Position(NamedTuple):
    """Behind this event; it need not exist."""

    transaction: int
    id: UUID


class Start(NamedTuple):
    """A position, and the snapshot (`pg_snapshot`) of what is not told, since it was there before:
    while anybody's older transaction runs, it may lie behind the position.
    """

    position: Position
    seen: str | None = None


class Page(NamedTuple):
    """Events, the position behind them, and whether there may be more by now."""

    events: list[Row]
    end: Position
    is_full: bool


async def begin(connection: AsyncConnection, organization_id: UUID, after: str | None) -> Start:
    """Behind an event that this organization has, or with what happens from now on; Problem 400
    `invalid_cursor`.
    """
    if after is None:
        now = (await connection.execute(_NOW)).one()
        return Start(_before(now.horizon), now.seen)
    try:
        event_id = ids.decode(ids.EVENT, after)
    except ids.IdError:
        raise _unknown() from None
    values = {"organization_id": organization_id, "id": event_id}
    row = await rows.one(connection, _OF_EVENT, values)
    if row is None:
        raise _unknown()
    # A list or a webhook may have told of it sooner than a log does: what comes before it has not
    # been told by any then.
    return Start(min(Position(row["transaction"], event_id), _before(row["horizon"])))


async def read(
    connection: AsyncConnection, organization_id: UUID, asked: Filters, start: Start
) -> Page:
    """The next page behind a position."""
    position = start.position
    values = {
        "organization_id": organization_id,
        "transaction": position.transaction,
        "after": position.id,
        "seen": start.seen,
        **asked,
    }
    found = await rows.every(connection, _query(tuple(asked)), values)
    last = found[-1]
    if len(found) == PAGE:
        return Page(found, Position(last["transaction"], last["id"]), is_full=True)
    # What the filters leave out is not looked at again.
    end = max(position, _before(last["horizon"]))
    return Page([row for row in found if row["id"] is not None], end, is_full=False)


@cache
def _query(names: tuple[str, ...]) -> sa.TextClause:
    """A page behind a position, and up to where it has looked: one row at least."""
    return sa.text(f"""
    WITH horizon AS MATERIALIZED (SELECT {HORIZON} AS horizon)
    SELECT h.horizon, e.*, m.text, m.html, m.extracted_text FROM horizon h
    LEFT JOIN LATERAL (
        SELECT e.id, e.organization_id, e.inbox_id, e.message_id, e.type, e.payload, e.created_at,
            e.transaction
        FROM event e
        WHERE e.organization_id = :organization_id AND e.transaction < h.horizon
            AND (e.transaction, e.id) > (:transaction, CAST(:after AS uuid))
            AND (CAST(:seen AS pg_snapshot) IS NULL OR NOT pg_visible_in_snapshot(
                CAST(CAST(e.transaction AS text) AS xid8), CAST(:seen AS pg_snapshot)))
            {filters.conditions_on_events(names)}
        ORDER BY e.transaction, e.id LIMIT {PAGE}
    ) e ON true
    LEFT JOIN message m ON m.id = e.message_id AND m.organization_id = e.organization_id
    ORDER BY e.transaction, e.id
    """)


def _before(horizon: int) -> Position:
    return Position(horizon - 1, _LAST_ID)


def _unknown() -> Problem:
    return Problem(400, "invalid_cursor", "There is no event with this id, or not any more.")
