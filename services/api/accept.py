"""Accepting: what arrives together is written in one statement.

A draft becomes its rows or nothing at all: its thread, message, recipients, search row, files and
the answer of its Idempotency-Key, in one transaction. The door rings after the commit, once for
the whole set; no transaction waits for Redis.

What was looked up before may have changed by the time of the writing, so the statement asks again:
a draft whose inbox is gone or renamed, whose thread has become too long for it, or whose key has
been answered meanwhile, is not written.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from common import crash, logs, queue, tracing
from common.batch import Batcher
from services.api.direct import Direct, within
from services.api.drafts import Draft
from services.api.lookup import Register
from services.api.writing import write_files, write_rows

SET: Final = 64
HEAVY_SET: Final = 4
"""Of drafts with files, so that a plain one never waits behind many megabytes."""

log = logs.get(__name__)


class Outcome(Enum):
    """What became of a draft."""

    ACCEPTED = auto()
    STALE = auto()  # the inbox, or the thread that is answered, is not what it was: look again
    KEY_TAKEN = auto()  # another request has been answered under this key: tell that again


class Acceptor:
    """Writes for one process of the API."""

    def __init__(self, engine: AsyncEngine, ring: Callable[[str], None]) -> None:
        self._engine = engine
        self._direct = Direct(engine)
        self._ring = ring
        self._register = Register(self._direct.fetch)
        self.look = self._register.look
        self._plain = Batcher(self._write, most=SET)
        self._heavy = Batcher(self._write, most=HEAVY_SET)

    async def submit(self, draft: Draft) -> Outcome:
        """Written and committed, or not at all; of an exception that says that the database is
        away (`problems.is_unavailable`) nobody knows which, until the key is asked for again. Who
        goes away while others hang before it is not written.
        """
        with tracing.span("accept"):
            if trace := tracing.current():
                draft.message["trace"] = trace
            outcome = await (self._heavy if draft.files else self._plain).submit(draft)
            if isinstance(outcome, Exception):
                raise outcome
        return outcome

    async def close(self) -> None:
        """When no request is under way any more."""
        for part in (self._register, self._plain, self._heavy):
            await part.close()
        await self._direct.close()

    async def _write(self, drafts: list[Draft]) -> list[Outcome | Exception]:
        """One that the database refuses must not take the others with it."""
        try:
            outcomes = await self._write_set(drafts)
        except (sa.exc.DataError, sa.exc.IntegrityError) as error:
            if len(drafts) == 1:
                return [error]
            log.warning("accept.set_refused", drafts=len(drafts), error=type(error.orig).__name__)
            return [outcome for one in drafts for outcome in await self._write([one])]
        if Outcome.ACCEPTED in outcomes:
            crash.at("after_commit")
            self._ring(queue.SENDER)
        return [*outcomes]

    async def _write_set(self, drafts: list[Draft]) -> list[Outcome]:
        keyed = _first_of_each_key(drafts)
        candidates = [one for one in drafts if one.kept is None or one.id in keyed]
        if any(one.files for one in candidates):
            async with self._engine.begin() as connection:
                found = await write_rows(within(connection), candidates, keyed.values())
                await write_files(connection, (one for one in candidates if found.get(one.id)))
        else:
            found = await write_rows(self._direct.fetch, candidates, keyed.values())
        return [_outcome(one, found, keyed) for one in drafts]


def _first_of_each_key(drafts: Iterable[Draft]) -> dict[UUID, Draft]:
    """By their ids. A statement cannot meet the same key twice; the later ones are told so."""
    firsts: dict[tuple[UUID, str], Draft] = {}
    for one in drafts:
        if one.kept is not None:
            firsts.setdefault((one.kept["organization_id"], one.kept["key"]), one)
    return {one.id: one for one in firsts.values()}


def _outcome(draft: Draft, found: dict[UUID, bool], keyed: dict[UUID, Draft]) -> Outcome:
    if draft.kept is not None and draft.id not in keyed:
        return Outcome.KEY_TAKEN
    if draft.id not in found:
        return Outcome.STALE
    return Outcome.ACCEPTED if found[draft.id] else Outcome.KEY_TAKEN


def make(engine: AsyncEngine, ring: Callable[[str], None]) -> Acceptor:
    """In a running event loop."""
    return Acceptor(engine, ring)
