"""Whether there is something new for those who are told of events as they happen.

One question for all of them, four times a second, and none while nobody listens: for each
organization the newest event that may be told. Streams read for themselves (`services.api.stream`);
here nothing is kept for them, so a slow one costs no memory.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from common import logs
from common.db import identifiers
from services.api.event_log import HORIZON, Position
from services.api.problems import Problem

MOST: Final = 20
"""Streams of one organization in one process."""

_LOOK_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 1.0
"""After the database did not answer."""

_NEWEST: Final = sa.text(f"""
SELECT o.id AS organization_id, newest.transaction, newest.id
FROM unnest(CAST(:organizations AS uuid[])) AS o (id)
CROSS JOIN LATERAL (
    SELECT e.transaction, e.id FROM event e
    WHERE e.organization_id = o.id AND e.transaction < {HORIZON}
    ORDER BY e.transaction DESC, e.id DESC LIMIT 1
) newest
""")

log = logs.get(__name__)


class Watch:
    """Of one process. `stopping` is set when it begins to stop."""

    def __init__(self, engine: AsyncEngine, stopping: asyncio.Event) -> None:
        self.stopping = stopping
        self._engine = engine
        self._streams: dict[UUID, set[asyncio.Event]] = {}
        self._newest: dict[UUID, Position] = {}
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def subscribed(self, organization_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new, and at first. Problem 429
        `too_many_streams`.
        """
        mine = self._streams.setdefault(organization_id, set())
        if len(mine) >= MOST:
            words = f"An organization has {MOST} streams at one time at most."
            raise Problem(429, "too_many_streams", words, headers={"retry-after": "5"})
        woken = asyncio.Event()
        woken.set()
        mine.add(woken)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="watch")
        try:
            yield woken
        finally:
            mine.discard(woken)
            if not mine and self._streams.get(organization_id) is mine:
                del self._streams[organization_id]
                self._newest.pop(organization_id, None)

    async def close(self) -> None:
        """No stream is left by now."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        is_away = False
        while self._streams:
            try:
                await self._look()
                is_away = False
            except Exception as error:  # noqa: BLE001 - whatever it is, streams go on
                if not is_away:
                    log.warning("watch.interrupted", error=type(error).__name__)
                is_away = True
            await asyncio.sleep(_PAUSE_SECONDS if is_away else _LOOK_SECONDS)

    async def _look(self) -> None:
        values = {"organizations": identifiers(self._streams)}
        async with self._engine.connect() as connection:
            found = (await connection.execute(_NEWEST, values)).all()
        for organization_id, transaction, event_id in found:
            newest = Position(transaction, event_id)
            if self._newest.get(organization_id) != newest:
                for woken in self._streams.get(organization_id, ()):
                    woken.set()
                if organization_id in self._streams:
                    self._newest[organization_id] = newest
