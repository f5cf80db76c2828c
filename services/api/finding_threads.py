"""Lists of threads: all of an inbox, or those of which one message is asked for; as
`services.api.finding` does it for messages. Each names its organization.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.db import identifiers
from services.api import conditions, phrases, rows
from services.api.conditions import Conditions
from services.api.finding import NEWEST, Found, Wanted
from services.api.language import Query
from services.api.phrases import Candidate, SecondLook
from services.api.threads import COLUMNS, FROM

_LIST: Final = f"SELECT {COLUMNS} {FROM} AND t.last_message_id < :before"
_ORDER: Final = "ORDER BY t.last_message_id DESC LIMIT :limit"
_ALL: Final = sa.text(f"{_LIST} {_ORDER}")
_BY_IDS: Final = sa.text(f"""
SELECT {COLUMNS} {FROM} AND t.id = ANY (CAST(:ids AS uuid[])) ORDER BY t.last_message_id DESC
""")
_FOUND: Final = """
    SELECT s.message_id, s.document FROM search s
    WHERE s.inbox_id = :inbox_id AND s.document @@ CAST(:rarest AS tsquery)
"""
# `strip` takes away positions, of which there are none: it is there so that no index is taken.
_JUDGED: Final = "strip(s.document) @@ CAST(:every AS tsquery)"
# `OFFSET 0`: what is inside is done for each row, by the index that is meant, however few rows the
# planner expects of a new inbox. Else it may be done for each pair (measured: ten times the time).
_ITS_MESSAGE: Final = "LATERAL (SELECT * FROM message WHERE id = f.message_id OFFSET 0) m"
_CANDIDATES: Final = """
    (t.last_message_id, m.id) < (:before, :before_message)
    ORDER BY t.last_message_id DESC, m.id DESC LIMIT :limit
"""


async def list_threads(connection: AsyncConnection, wanted: Wanted) -> Found:
    """Newest activity first; those of which one message has all that the query asks for."""
    asked = conditions.of(wanted.query)
    values = wanted.values | asked.values
    if wanted.query == Query():
        return Found(await rows.every(connection, _ALL, values))
    if not wanted.query.terms:
        return Found(await rows.every(connection, _having(asked), values))
    if wanted.query.phrases:
        return await _with_phrases(connection, wanted, asked)
    for way in (_among_newest, _by_index):
        found = await rows.every(connection, way(asked), values)
        if len(found) == wanted.page.wanted:
            break
    return Found(found)


async def _with_phrases(connection: AsyncConnection, wanted: Wanted, asked: Conditions) -> Found:
    values = wanted.values | asked.values

    async def candidates(behind: Candidate, *, newest: bool) -> list[Candidate]:
        query = (_candidates_among_newest if newest else _candidates_by_index)(asked)
        place = {
            "before": behind.place,
            "before_message": behind.message_id,
            "limit": phrases.MOST_CANDIDATES,
        }
        found = await rows.every(connection, query, values | place)
        return [Candidate(row["place"], row["id"], row["thread_id"]) for row in found]

    look = SecondLook(connection, wanted.organization_id, wanted.query.phrases)
    found, rest = await look.over(candidates, wanted.page)
    read = await rows.every(connection, _BY_IDS, values | {"ids": identifiers(found)})
    return Found(read, rest)


def _having(asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    {_LIST} AND EXISTS (
        SELECT FROM message m WHERE m.thread_id = t.id {asked.walked} {asked.judged}
    ) {_ORDER}
    """)


def _among_newest(asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    SELECT * FROM ({_LIST} ORDER BY t.last_message_id DESC LIMIT {NEWEST}) AS newest
    WHERE EXISTS (
        SELECT FROM message m JOIN search s ON s.message_id = m.id
        WHERE m.thread_id = newest.id {asked.walked} {asked.judged} AND {_JUDGED} OFFSET 0
    ) ORDER BY last_message_id DESC LIMIT :limit
    """)


def _by_index(asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    WITH found AS MATERIALIZED ({_FOUND}), threads AS MATERIALIZED (
        SELECT DISTINCT m.thread_id FROM found f, {_ITS_MESSAGE}
        WHERE m.organization_id = :organization_id {asked.walked} {asked.judged} {asked.of_index}
    )
    {_LIST} AND t.id = ANY (ARRAY(SELECT thread_id FROM threads)) {_ORDER}
    """)


def _candidates_among_newest(asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    WITH t AS MATERIALIZED (
        SELECT t.id, t.last_message_id FROM thread t
        WHERE t.organization_id = :organization_id AND t.inbox_id = :inbox_id
            AND t.last_message_id < :before ORDER BY t.last_message_id DESC LIMIT {NEWEST}
    )
    SELECT t.last_message_id AS place, m.id, t.id AS thread_id FROM t, LATERAL (
        SELECT m.id FROM message m JOIN search s ON s.message_id = m.id
        WHERE m.thread_id = t.id {asked.walked} {asked.judged} AND {_JUDGED}
        ORDER BY m.id DESC LIMIT :limit
    ) m WHERE {_CANDIDATES}
    """)


def _candidates_by_index(asked: Conditions) -> sa.TextClause:
    return sa.text(f"""
    WITH found AS MATERIALIZED ({_FOUND})
    SELECT t.last_message_id AS place, m.id, t.id AS thread_id
    FROM found f, {_ITS_MESSAGE},
        LATERAL (SELECT * FROM thread WHERE id = m.thread_id OFFSET 0) t
    WHERE t.organization_id = :organization_id AND t.inbox_id = :inbox_id
        {asked.walked} {asked.judged} {asked.of_index} AND {_CANDIDATES}
    """)
