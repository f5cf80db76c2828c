"""From the queue into the tables, for as long as the process lives.

A letter is deleted once it is committed, and never before: what a crash leaves in SQS comes again
and is then known. While the database is away nothing is received: what is in hand stays in hand,
as each receive counts towards SQS's `maxReceiveCount`, and an outage must not carry good letters
to the dead letter queue.

A bad letter goes there, and SQS does it: one that cannot be read is kept raw in the table and left
in the queue, as is one that cannot be applied. It is received again when its visibility timeout is
over, until SQS has had enough. Where no redrive policy says when, `MOST_RECEIVES` does.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from common import crash, logs
from common.letterbox import Letter, Letterbox
from services.status import horizon
from services.status.apply import Applied, apply, lies_in_a_letter
from services.status.brake import Brake
from services.status.horizon import Horizon
from services.status.late import Late
from services.status.parse import NoEvent, Parsed
from services.status.report import Outcome, report

MOST_RECEIVES: Final = 20
"""After which a bad letter is deleted; it is kept raw in the table."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_TELL_SECONDS: Final = 1.5
"""How often, at most, the checkpoint is moved: below the two seconds of an idle receive."""

_GLANCE_SECONDS: Final = 0.5
_SHORTEST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0

log = logs.get(__name__)


class Feed:
    """One queue into one database."""

    def __init__(
        self,
        letterbox: Letterbox[Parsed],
        engine: sa.Engine,
        ring: Callable[[], None],
        margin: timedelta = horizon.COUNTS_LAG,
        brake: Brake | None = None,
    ) -> None:
        """`ring`: called after a commit that has made deliveries. `margin`: see `horizon`."""
        self._letterbox = letterbox
        self._engine = engine
        self._ring = ring
        self._brake = brake
        self._late = Late(engine, self._committed)
        self._in_hand: list[Letter[Parsed]] = []
        self._received: tuple[Letter[Parsed], ...] = ()
        self._horizon = Horizon(margin)
        self._began = _NEVER
        self._tell_at = 0.0
        self.backlog = threading.Event()
        """While more waits than one set: others may help."""

    def run(self, stopping: threading.Event, wanted: threading.Event | None = None) -> None:
        """Until `stopping` is set, then finish what is in hand. Survives whatever comes. `wanted`:
        where given, turns only while it is set, or something is in hand.
        """
        pause = _SHORTEST_PAUSE
        while not stopping.is_set():
            if wanted and not self._in_hand and not wanted.wait(_GLANCE_SECONDS):
                continue
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
        self._late.look()
        if not self._in_hand:
            self._receive()
        if self._in_hand:
            self._take()
        if self._brake:
            self._brake.look()
        self._horizon.settled(self._began, self._received)
        self._tell_how_far()

    def _receive(self) -> None:
        """The database is asked first: where it is away, nothing is received."""
        self._began = horizon.now(self._engine)
        self._in_hand = self._letterbox.receive()
        self._received = tuple(self._in_hand)
        if len(self._in_hand) >= horizon.BACKLOG:
            self.backlog.set()
        else:
            self.backlog.clear()
        if self._in_hand:
            crash.at("after_receive")

    def _tell_how_far(self) -> None:
        if time.monotonic() < self._tell_at:
            return
        self._tell_at = time.monotonic() + _TELL_SECONDS
        proven = self._horizon.proven(self._letterbox.counts())
        if proven is not None:
            horizon.write(self._engine, proven)

    def _take(self) -> None:
        """A set; or, where the fault lies in a letter, each alone, so that one poison letter
        cannot hold the others back.
        """
        try:
            self._settle(self._in_hand)
        except Exception as error:
            if not lies_in_a_letter(error):
                raise
            log.exception("feed.set_failed", letters=len(self._in_hand))
            while self._in_hand:
                self._take_alone(self._in_hand[0])
                del self._in_hand[0]
        self._in_hand = []

    def _take_alone(self, letter: Letter[Parsed]) -> None:
        """The poison letter stays in the queue: SQS shows it again, and at last puts it aside."""
        try:
            self._settle([letter])
        except Exception as error:
            if not lies_in_a_letter(error):
                raise
            report(Outcome(letter.parsed, "failed"))
            log.exception("feed.letter_failed", dedup_key=letter.parsed.dedup_key)
            if letter.receives >= MOST_RECEIVES:
                self._bury(letter)

    def _bury(self, letter: Letter[Parsed]) -> None:
        """What cannot even be kept stays in the queue until SQS's retention ends."""
        try:
            self._settle([replace(letter, parsed=_unapplied(letter.parsed))])
        except Exception as error:
            if not lies_in_a_letter(error):
                raise
            log.exception("feed.letter_not_kept", dedup_key=letter.parsed.dedup_key)

    def _settle(self, letters: list[Letter[Parsed]]) -> None:
        self._committed(apply(self._engine, [letter.parsed for letter in letters]))
        crash.at("after_apply")
        self._letterbox.delete(letter for letter in letters if not _is_left(letter))

    def _committed(self, done: Applied) -> None:
        if done.deliveries:
            self._ring()
        if self._brake:
            self._brake.note(done.hurt)


def _is_left(letter: Letter[Parsed]) -> bool:
    """In the queue, for SQS to put aside."""
    if letter.parsed.kind != "unreadable":
        return False
    if letter.receives < MOST_RECEIVES:
        return True
    log.warning("feed.letter_given_up", receives=letter.receives, dedup_key=letter.parsed.dedup_key)
    return False


def _unapplied(parsed: Parsed) -> NoEvent:
    """To keep an event raw that the tables do not take. By a key of its own, not the event's: a
    copy that comes once the fault is gone must not be taken for a duplicate.
    """
    key = f"unapplied {parsed.dedup_key}"
    return NoEvent("unreadable", "cannot be applied", key, parsed.raw)
