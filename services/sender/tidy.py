"""Beside the sending, twice a second: what others left behind, and what this process owes.

In a thread of its own, as a message that is due should wait for none of it.
"""

import threading
from collections import deque
from collections.abc import Callable

import sqlalchemy as sa

from common import logs, queue
from services.sender import outcomes
from services.sender.jobs import Claimed, Jobs
from services.sender.leftovers import Leftovers

_EVERY_SECONDS = 0.5

log = logs.get(__name__)


class Tidier:
    """Of one sender. Safe to share between threads."""

    def __init__(self, jobs: Jobs, leftovers: Leftovers, ring: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._leftovers = leftovers
        self._ring = ring
        # Threads append while another takes: of a list that is swapped, one would be lost.
        self._owed: deque[Claimed] = deque()
        self.may_be_suspects = True
        """Whether there was a message that may kill its senders, when it was last looked for."""

    def owe(self, claimed: Claimed) -> None:
        """It failed by nothing that it has done: it goes back as soon as the database answers."""
        self._owed.append(claimed)

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set. Survives whatever the database does."""
        while not stopping.wait(_EVERY_SECONDS):
            try:
                self.tidy()
            except Exception:
                log.exception("tidy.failed")

    def tidy(self) -> None:
        """All of it, once."""
        owed = [self._owed.popleft() for _ in range(len(self._owed))]
        if owed:
            try:
                self._jobs.give_back(owed)
            except sa.exc.SQLAlchemyError:
                self._owed += owed
                raise
        found = self._leftovers.settle()
        outcomes.tell_leftovers(found)
        if found.deliveries:
            self._ring(queue.WEBHOOKS)
        self.may_be_suspects = self._jobs.has_suspects()
