"""From the queue into the tables, for as long as the process lives.

A letter is deleted once it is committed, and never before: what a crash leaves in SQS comes again
and is then known. While the database is away nothing is received: what is in hand stays in hand,
as each receive counts towards SQS's `maxReceiveCount`, and an outage must not carry good letters
to the dead letter queue.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from common import logs
from services.status.apply import MOST, Applied, apply, reapply
from services.status.letterbox import Letter, Letterbox
from services.status.report import Outcome, report

_LOOK_SECONDS: Final = 2.0
"""How often feedback that waits for its message is looked at."""
_REACH: Final = timedelta(minutes=15)
"""For how long it may still find it: a sender records the id of a mail within its lease."""
_FIRST_REACH: Final = timedelta(days=1)
"""At the start: what an earlier process has left."""

_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0

# SQLSTATE classes that speak of what was written, not of the database: cardinality, data,
# constraints, limits of a value (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_OF_THE_LETTER: Final = ("21", "22", "23", "54")

log = logs.get(__name__)


class Feed:
    """One queue into one database."""

    def __init__(self, letterbox: Letterbox, engine: sa.Engine, ring: Callable[[], None]) -> None:
        """`ring`: called after a commit that has made deliveries."""
        self._letterbox = letterbox
        self._engine = engine
        self._ring = ring
        self._reach = _FIRST_REACH
        self._look_at = 0.0
        self._in_hand: list[Letter] = []

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set, then finish what is in hand. Survives whatever comes."""
        pause = _SHORTEST_PAUSE
        while not stopping.is_set():
            try:
                self.turn()
                pause = _SHORTEST_PAUSE
            except Exception:
                log.exception("feed.interrupted", letters=len(self._in_hand), pause_seconds=pause)
                stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        log.info("worker.stopping", letters=len(self._in_hand))
        self._letterbox.give_back(self._in_hand)

    def turn(self) -> None:
        """What waits in the database, if it is time, and one set out of the queue."""
        if time.monotonic() >= self._look_at:
            self._look()
            self._reach = _REACH
            self._look_at = time.monotonic() + _LOOK_SECONDS
        if not self._in_hand:
            self._in_hand = self._letterbox.receive()
        if self._in_hand:
            self._take()

    def _take(self) -> None:
        """A set; or, where the fault lies in a letter, each alone, so that one poison letter
        cannot hold the others back.
        """
        try:
            self._settle(self._in_hand)
        except Exception as error:
            if not _lies_in_a_letter(error):
                raise
            log.exception("feed.set_failed", letters=len(self._in_hand))
            while self._in_hand:
                self._take_alone(self._in_hand[0])
                del self._in_hand[0]
        self._in_hand = []

    def _take_alone(self, letter: Letter) -> None:
        """The poison letter stays in the queue: SQS shows it again, and at last puts it aside."""
        try:
            self._settle([letter])
        except Exception as error:
            if not _lies_in_a_letter(error):
                raise
            report(Outcome(letter.parsed, "failed"))
            log.exception("feed.letter_failed", dedup_key=letter.parsed.dedup_key)

    def _settle(self, letters: list[Letter]) -> None:
        self._committed(apply(self._engine, [letter.parsed for letter in letters]))
        self._letterbox.delete(letters)

    def _committed(self, done: Applied) -> None:
        if done.deliveries:
            self._ring()

    def _look(self) -> None:
        """In sets; or, where one cannot be applied, around it."""
        try:
            most = MOST
            while most == MOST:
                done = reapply(self._engine, self._reach)
                self._committed(done)
                most = done.counts.total()
        except Exception as error:
            if not _lies_in_a_letter(error):
                raise
            log.exception("feed.look_failed")
            self._look_around()

    def _look_around(self) -> None:
        skip = 0
        found = 1
        while found:
            try:
                done = reapply(self._engine, self._reach, most=1, skip=skip)
                self._committed(done)
                found = done.counts.total()
            except Exception as error:
                if not _lies_in_a_letter(error):
                    raise
                log.exception("feed.feedback_failed", skipped=skip)
                skip += 1


def _lies_in_a_letter(error: Exception) -> bool:
    """Else in the database or in SQS, and the same letters will be fine later."""
    if not isinstance(error, sa.exc.SQLAlchemyError):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return state[:2] in _OF_THE_LETTER
