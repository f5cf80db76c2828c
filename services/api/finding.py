"""Lists of messages: all of an inbox, or those that a query asks for. Each names its organization.

What is narrowed to words is looked for twice: among the newest messages, where a common word is
found at once (performance.md, point 8), then by the index, where a rare one is.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import resources
from common.db import identifiers
from common.resources import Row
from services.api import conditions, phrases, rows
from services.api.conditions import Conditions
from services.api.cursor import Page
from services.api.language import Query
from services.api.phrases import Candidate, SecondLook

NEWEST: Final = 500
"""Messages that a search walks through before it asks the index."""
_MINE: Final = "m.organization_id = :organization_id AND m.inbox_id = :inbox_id"
_COLUMNS: Final = resources.MESSAGE_COLUMNS_WITH_BODIES
_BY_IDS: Final = sa.text(f"""
SELECT {_COLUMNS} FROM message m
WHERE {_MINE} AND m.id = ANY (CAST(:ids AS uuid[])) ORDER BY m.id DESC
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages a list is to have."""

    organization_id: UUID
    inbox_id: UUID
    page: Page
    query: Query
    thread_id: UUID | None = None

    @property
    def mine(self) -> str:
        """The first condition on `message m`."""
        return _MINE + (" AND m.thread_id = :thread_id" if self.thread_id else "")

    @property
    def values(self) -> dict[str, Any]:
        """Its parameters, and those of the page."""
        return {
            "organization_id": self.organization_id,
            "inbox_id": self.inbox_id,
            "thread_id": self.thread_id,
            **self.page.values,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """Up to `page.wanted` rows. `rest`: the id behind which to look on, where the page is not full
    because enough has been looked at.
    """

    rows: list[Row]
    rest: UUID | None = None


async def list_messages(connection: AsyncConnection, wanted: Wanted) -> Found:
    """The newest first."""
    asked = conditions.of(wanted.query)
    values = wanted.values | asked.values
    if not wanted.query.terms:
        return Found(await rows.every(connection, _plain(wanted, asked), values))
    if wanted.query.phrases:
        return await _with_phrases(connection, wanted, asked)
    for way in (_among_newest, _by_index):
        found = await rows.every(connection, way(_COLUMNS, wanted, asked), values)
        if len(found) == wanted.page.wanted:
            break
    return Found(found)


async def _with_phrases(connection: AsyncConnection, wanted: Wanted, asked: Conditions) -> Found:
    """By their ids first; what else there is of a message is read when it is known which."""
    values = wanted.values | asked.values

    async def candidates(behind: Candidate, *, newest: bool) -> list[Candidate]:
        query = (_among_newest if newest else _by_index)("m.id", wanted, asked)
        place = {"before": behind.place, "limit": phrases.MOST_CANDIDATES}
        found = await rows.every(connection, query, values | place)
        return [Candidate(row["id"], row["id"], row["id"]) for row in found]

    look = SecondLook(connection, wanted.organization_id, wanted.query.phrases)
    found, rest = await look.over(candidates, wanted.page)
    read = await rows.every(connection, _BY_IDS, values | {"ids": identifiers(found)})
    return Found(read, rest)


def _plain(wanted: Wanted, asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    SELECT {_COLUMNS} FROM message m
    WHERE {wanted.mine} AND m.id < :before {asked.walked} {asked.judged}
    ORDER BY m.id DESC LIMIT :limit
    """)


def _among_newest(columns: str, wanted: Wanted, asked: Conditions) -> sa.TextClause:
    """The documents are read before they are judged, so no index can be taken instead."""
    return sa.text(f"""
    WITH newest AS MATERIALIZED (
        SELECT m.id, s.document FROM message m JOIN search s ON s.message_id = m.id
        WHERE {wanted.mine} AND m.id < :before {asked.walked} ORDER BY m.id DESC LIMIT {NEWEST}
    )
    SELECT {columns} FROM newest n JOIN message m ON m.id = n.id
    WHERE n.document @@ CAST(:every AS tsquery) {asked.judged} ORDER BY m.id DESC LIMIT :limit
    """)


def _by_index(columns: str, wanted: Wanted, asked: Conditions) -> sa.TextClause:
    """The index is asked for the rarest words alone: see `lexemes.tsqueries`. Messages are then
    read by their ids (`OFFSET 0`), however few the planner takes those of a new inbox for.
    """
    return sa.text(f"""
    WITH found AS MATERIALIZED (
        SELECT s.message_id, s.document FROM search s
        WHERE s.inbox_id = :inbox_id AND s.document @@ CAST(:rarest AS tsquery)
    )
    SELECT {columns}
    FROM found f, LATERAL (SELECT * FROM message WHERE id = f.message_id OFFSET 0) m
    WHERE {wanted.mine} AND m.id < :before {asked.walked} {asked.judged} {asked.of_index}
    ORDER BY m.id DESC LIMIT :limit
    """)
