"""Feedback that waits for its message, looked at every two seconds."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from common import logs
from services.status.apply import MOST, Applied, lies_in_a_letter, reapply

_LOOK_SECONDS: Final = 2.0
_REACH: Final = timedelta(minutes=15)
"""For how long it may still find it: a sender records the id of a mail within its lease."""
_FIRST_REACH: Final = timedelta(days=1)
"""At the start: what an earlier process has left."""

log = logs.get(__name__)


class Late:
    """What waits in one database."""

    def __init__(self, engine: sa.Engine, committed: Callable[[Applied], None]) -> None:
        self._engine = engine
        self._committed = committed
        self._reach = _FIRST_REACH
        self._look_at = 0.0

    def look(self) -> None:
        """Apply what has found its message, if it is time."""
        if time.monotonic() >= self._look_at:
            self._look_now()
            self._reach = _REACH
            self._look_at = time.monotonic() + _LOOK_SECONDS

    def _look_now(self) -> None:
        """In sets; or, where one cannot be applied, around it."""
        try:
            most = MOST
            while most == MOST:
                done = reapply(self._engine, self._reach)
                self._committed(done)
                most = done.counts.total()
        except Exception as error:
            if not lies_in_a_letter(error):
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
                if not lies_in_a_letter(error):
                    raise
                log.exception("feed.feedback_failed", skipped=skip)
                skip += 1
