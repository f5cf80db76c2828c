"""What the database knows of a request before anything is done for it, asked for many at once.

An inbox that was there is believed to be there for a second, so most requests need no question:
whoever writes asks again, in the statement that writes (`services.api.accept`). What was not there
is not remembered, and a request with an Idempotency-Key always asks.
"""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from common import clock
from common.batch import Batcher
from common.db import as_json
from services.api.direct import Fetch, spelled
from services.api.drafts import Origin
from services.api.idempotency import KEPT_FOR

PATIENCE_SECONDS: Final = 4.0
"""For one set of questions. Who asks while one is under way waits for two: less than 10 s."""
_BELIEVED_SECONDS: Final = 1.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """Which inbox a request speaks of, and which Idempotency-Key it came with."""

    organization_id: UUID
    inbox_id: UUID
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """`origin` is None where the caller has no such inbox; `answered`: the key has an answer."""

    origin: Origin | None
    answered: bool


_LOOK: Final = spelled("""
SELECT i.email, i.name, k.key IS NOT NULL AS answered
FROM json_to_recordset(CAST(:questions AS json))
    AS q (at int, organization_id uuid, inbox_id uuid, key text)
LEFT JOIN inbox i ON i.id = q.inbox_id AND i.organization_id = q.organization_id
    AND i.deleted_at IS NULL
LEFT JOIN idempotency k ON k.organization_id = q.organization_id AND k.key = q.key
    AND k.created_at > :since
ORDER BY q.at
""")


class Register:
    """Answers from memory where that is enough, from the database in sets elsewhere."""

    def __init__(self, fetch: Fetch) -> None:
        self._inboxes: dict[tuple[UUID, UUID], tuple[float, Origin]] = {}
        self._questions = Batcher(partial(look_up, fetch), writers=1)

    async def look(self, question: Question, *, afresh: bool = False) -> Known:
        """`afresh`: what is remembered has turned out to be old."""
        place = (question.organization_id, question.inbox_id)
        until, origin = self._inboxes.get(place, (0.0, None))
        if origin and question.key is None and not afresh and time.monotonic() < until:
            return Known(origin, answered=False)
        asked_at = time.monotonic()
        known = await self._questions.submit(question)
        self._inboxes.pop(place, None)
        if known.origin:
            if len(self._inboxes) >= _MOST:
                self._inboxes.clear()
            self._inboxes[place] = (asked_at + _BELIEVED_SECONDS, known.origin)
        return known

    async def close(self) -> None:
        """When no request is under way any more."""
        await self._questions.close()


async def look_up(fetch: Fetch, questions: list[Question]) -> list[Known]:
    """An answer for each question."""
    rows = [
        {
            "at": at,
            "organization_id": one.organization_id,
            "inbox_id": one.inbox_id,
            "key": one.key,
        }
        for at, one in enumerate(questions)
    ]
    values = {"questions": as_json(rows), "since": clock.now() - KEPT_FOR}
    async with asyncio.timeout(PATIENCE_SECONDS):
        found = await fetch(_LOOK, values)
    return [_known(one, *row) for one, row in zip(questions, found, strict=True)]


def _known(question: Question, email: str | None, name: str | None, answered: bool) -> Known:
    if email is None:
        return Known(None, answered)
    return Known(Origin(question.organization_id, question.inbox_id, email, name or ""), answered)
