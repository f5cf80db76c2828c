"""How late messages leave: from when they are due to their first call of SES.

What SES makes wait, by its rate, its quota or by being away, says nothing of us: a label tells it
apart, and the service level looks at the others. SES explains no more than there was of it: a
message that was late before anything had to wait for SES (no sender ran, say) is late by our
fault, however long the queue was in which it then stood.
"""

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import Histogram

from common import metrics

# quota: free, used
LATE: Final = Histogram(
    "postroom_due_to_first_call_seconds",
    "From when a message is due to its first call of SES; used: it had to wait for SES's quota",
    ["quota"],
    buckets=metrics.SECONDS,
)
_FREE: Final = LATE.labels("free")
_USED: Final = LATE.labels("used")

PROMISED_SECONDS: Final = 5.0
"""The service level's line."""
NOTICED_SECONDS: Final = 0.1
"""From which wait for its turn a message counts as one that SES makes wait."""
_GAP_SECONDS: Final = 5.0
"""Waits that are no further apart are one: a sender that stands still looks once a tick."""


class Lateness:
    """Of one sender. Two threads at one time may count one message wrongly, and nothing more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._until = -float("inf")

    def waits(self, seconds: float = NOTICED_SECONDS) -> None:
        """Something has to wait for SES, so long from now on."""
        if seconds < NOTICED_SECONDS:
            return
        now = self._clock()
        if now > self._until + _GAP_SECONDS:
            self._began = now
        self._until = max(self._until, now + seconds)

    def observe(self, seconds: float) -> None:
        """A first call, so long after the message was due."""
        due = self._clock() - seconds
        explained = due <= self._until and due + PROMISED_SECONDS >= self._began
        (_USED if explained else _FREE).observe(max(0.0, seconds))
