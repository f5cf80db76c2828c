"""Keeping the search index up behind the mail.

A message is accepted without its words (an index over text is the dearest thing in an accept);
this fills them in, in sets, within the seconds that contract.md gives it. Every process of the
API runs one; a row is taken by one of them.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

import sqlalchemy as sa
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from common import logs
from common.db import as_json
from common.resources import Row
from common.settings import Settings
from services.api import documents, rows
from services.api.documents import Texts, document

SET: Final = 200
IDLE_SECONDS: Final = 0.5
_PAUSE_SECONDS: Final = 1.0
"""After the database did not answer."""

INDEXED = Counter("postroom_search_indexed_total", "Messages that can be found by their words")

log = logs.get(__name__)

_TAKE: Final = sa.text(f"""
WITH waiting AS (
    SELECT message_id FROM search WHERE document IS NULL
    ORDER BY message_id LIMIT {SET} FOR UPDATE SKIP LOCKED
)
SELECT {documents.COLUMNS} FROM waiting w JOIN message m ON m.id = w.message_id
""")
_FILL: Final = sa.text("""
UPDATE search s SET document = array_to_tsvector(n.words)
FROM json_to_recordset(CAST(:rows AS json)) AS n (message_id uuid, words text[])
WHERE s.message_id = n.message_id
""")


class Indexer:
    """A task in the API's event loop, from `start` to `close`."""

    def __init__(self, engine: AsyncEngine, _: Settings) -> None:
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """In a running event loop."""
        self._task = asyncio.create_task(self._run(), name="search-indexer")

    async def close(self) -> None:
        """A set that is cut off is rolled back, and taken again by whoever comes next."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                filled = await self.fill()
            except Exception:
                log.exception("search.fill_failed")
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if filled < SET:
                await asyncio.sleep(IDLE_SECONDS)

    async def fill(self) -> int:
        """One set; how many were in it. Their words are made in a thread: a set may have
        megabytes, and requests are waiting.
        """
        async with self._engine.begin() as connection:
            taken = await rows.every(connection, _TAKE, {})
            if not taken:
                return 0
            found = await asyncio.to_thread(list, map(_filled, taken))
            await connection.execute(_FILL, {"rows": as_json(found)})
        INDEXED.inc(len(taken))
        return len(taken)


def _filled(row: Row) -> dict[str, Any]:
    return {"message_id": row["id"], "words": document(Texts.of(row))}
