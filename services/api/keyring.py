"""Whose key a request came with, asked of Postgres at most once a second for each key.

A deleted key must die within a second, in every process of the API, without a message between
them: so an answer is believed for less than that from the moment the question was asked.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from common.settings import Settings
from services.api import keys

_BELIEVED_SECONDS: Final = 0.8
_MOST: Final = 10_000
PATIENCE_SECONDS: Final = 9.0
"""With the database, for all that one message asks of it: each question has a deadline of its own,
and a request that met them all one after the other took 15 s to hear 503. Who asks waits so long;
what is left of it is for the message (`services.api.sending`). The time in which a slow client
sends its body does not count.
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `sends_per_hour`: the organization's own limit, or the installation's.
    `paused`: why nothing of the organization is sent now, in words.
    """

    organization_id: UUID
    key_id: UUID
    sends_per_hour: int
    paused: str | None = None


@dataclass(slots=True)
class _Answer:
    until: float
    caller: "asyncio.Task[Caller | None]"


class Keyring:
    """Finds callers. One question for all requests that come with the same key at one time."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._settings = settings
        self._engine = engine
        self._answers: dict[bytes, _Answer] = {}

    async def find(self, text: str) -> Caller | None:
        """The owner of the key `text`, or None."""
        hashed = keys.digest(text)
        answer = self._answers.get(hashed)
        if answer is None or answer.until < time.monotonic():
            if not keys.is_well_formed(text):
                return None
            answer = self._ask(hashed)
        caller = answer.caller.result() if answer.caller.done() else await _waited_for(answer)
        if caller is None:  # a key that is unknown now may be made in a moment
            self._answers.pop(hashed, None)
        return caller

    def forget(self, key_id: UUID) -> None:
        """The key was deleted: here at once, elsewhere within the second."""
        for hashed, answer in list(self._answers.items()):
            task = answer.caller
            if task.done() and (found := task.result()) is not None and found.key_id == key_id:
                del self._answers[hashed]

    def _ask(self, hashed: bytes) -> _Answer:
        if len(self._answers) >= _MOST:
            self._answers.clear()  # they are a second old at most
        until = time.monotonic() + _BELIEVED_SECONDS
        answer = _Answer(until, asyncio.create_task(self._look_up(hashed)))
        self._answers[hashed] = answer
        return answer

    async def _look_up(self, hashed: bytes) -> Caller | None:
        try:
            async with self._engine.connect() as connection:
                row = (await connection.execute(keys.OWNER, {"hash": hashed})).one_or_none()
        except BaseException:
            self._answers.pop(hashed, None)  # trouble is no answer; the next request asks again
            raise
        if row is None:
            return None
        return Caller(
            organization_id=row.organization_id,
            key_id=row.id,
            sends_per_hour=row.sends_per_hour or self._settings.sends_per_hour,
            paused=row.paused_at and row.paused_reason["message"],
        )


async def _waited_for(answer: _Answer) -> Caller | None:
    """Shielded: the one who asked may hang up while others wait for the same answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await asyncio.shield(answer.caller)
