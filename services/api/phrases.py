"""The second look at messages that have all words of a phrase: whether these stand together.

The index keeps no order of words, as positions would be half of it, and Postgres keeps no more than
256 of a word. So the texts of candidates are read and compared, in batches, by the code that made
their words. One request looks at so many and no more; its page may then be short or empty, and its
`Link` leads on to where it has stopped.
"""

import asyncio
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Final, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.db import identifiers
from common.resources import Row
from services.api import bounds, documents, rows
from services.api.cursor import Page
from services.api.documents import Texts, says
from services.api.language import Phrase

MOST_CANDIDATES: Final = 2_000
MOST_CHARACTERS: Final = 8_000_000
"""Of texts, for a page: a good half of a second in a thread, at worst."""
BATCH: Final = 50
_NOTHING: Final = UUID(int=0)

_READ: Final = sa.text(f"""
SELECT {documents.COLUMNS} FROM message m
WHERE m.organization_id = :organization_id AND m.id = ANY (CAST(:ids AS uuid[]))
""")


class Candidate(NamedTuple):
    """A message with all words. `place`: of what is listed, the message or its thread, in the list,
    newest first; `listed`: the id of that.
    """

    place: UUID
    message_id: UUID
    listed: UUID


class Ask(Protocol):
    """The next candidates behind one, by place and message: all of those among the `newest`, or
    up to `MOST_CANDIDATES` of all.
    """

    async def __call__(self, behind: Candidate, *, newest: bool) -> list[Candidate]: ...


class SecondLook:
    """For one page."""

    def __init__(
        self, connection: AsyncConnection, organization_id: UUID, phrases: Iterable[Phrase]
    ) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._phrases = tuple(phrases)
        self._until = monotonic() + bounds.SECONDS
        self._candidates = self._characters = 0
        self._found: dict[UUID, UUID] = {}
        self._place = self._seen_whole = _NOTHING

    async def over(self, ask: Ask, page: Page) -> tuple[list[UUID], UUID | None]:
        """The ids of up to `page.wanted` that have the phrases; and where they are fewer though
        there may be more, the place behind which to look on.
        """
        behind, newest = Candidate(page.before, _NOTHING, _NOTHING), True
        while True:
            candidates = await ask(behind, newest=newest)
            for start in range(0, len(candidates), BATCH):
                await self._judge(candidates[start : start + BATCH])
                if len(self._found) >= page.wanted:
                    return [*self._found.values()][: page.wanted], None
                if rest := self._rest():
                    return [*self._found.values()], rest
            if not newest and len(candidates) < MOST_CANDIDATES:
                return [*self._found.values()], None
            behind, newest = candidates[-1] if candidates else behind, False

    async def _judge(self, batch: Sequence[Candidate]) -> None:
        values = {
            "organization_id": self._organization_id,
            "ids": identifiers(one.message_id for one in batch if one.place not in self._found),
        }
        read = await rows.every(self._connection, _READ, values)
        having = await asyncio.to_thread(self._having, read)
        self._candidates += len(batch)
        for one in batch:
            if one.place != self._place:
                self._place, self._seen_whole = one.place, self._place
            if one.message_id in having:
                self._found[one.place] = one.listed

    def _having(self, read: Iterable[Row]) -> set[UUID]:
        texts = {row["id"]: Texts.of(row) for row in read}
        self._characters += sum(one.size for one in texts.values())
        return {message_id for message_id, one in texts.items() if says(one, self._phrases)}

    def _rest(self) -> UUID | None:
        """Where to stop, if enough has been looked at: never within a thread of which it is not
        known yet whether it belongs to the page.
        """
        is_late = monotonic() > self._until
        if not is_late and (
            self._candidates < MOST_CANDIDATES and self._characters < MOST_CHARACTERS
        ):
            return None
        rest = self._place if self._place in self._found else self._seen_whole
        if rest != _NOTHING:
            return rest
        if is_late:
            raise bounds.too_broad()
        return None
