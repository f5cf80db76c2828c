"""How late the first try of a delivery is: from when it is due, with its event, to the call.

Where its endpoint made it wait, by failing, by being slow (it has as many attempts in hand as it
may have) or by asking for order, that says nothing of us: a label tells these apart, and the
service level looks at the others.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from prometheus_client import Histogram

from common import metrics
from common.resources import Row
from services.webhooks.health import CAUTIOUS

# endpoint: well, held
LATE: Final = Histogram(
    "postroom_event_to_first_try_seconds",
    "From the event (or its replay) to the first call; held: its endpoint made it wait",
    ["endpoint"],
    buckets=metrics.SECONDS,
)
_WELL: Final = LATE.labels("well")
_HELD: Final = LATE.labels("held")
_MANY: Final = 10_000
_REMEMBERED_SECONDS: Final = 3600.0


class Lateness:
    """Of one worker. It remembers when each endpoint last made anything wait."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.time) -> None:
        """`limit`: of attempts in hand at one endpoint."""
        self._limit = limit
        self._clock = clock
        self._held_at: dict[UUID, float] = {}

    def claimed(self, rows: Iterable[Row], in_hand: Mapping[UUID, int]) -> None:
        """`in_hand`: with these."""
        now = self._clock()
        for row in rows:
            webhook_id = row["webhook_id"]
            room = min(CAUTIOUS, self._limit) if row["failures"] else self._limit
            if row["failures"] or in_hand[webhook_id] >= room:
                self._held_at[webhook_id] = now
        if len(self._held_at) > _MANY:
            since = now - _REMEMBERED_SECONDS
            self._held_at = {one: at for one, at in self._held_at.items() if at > since}

    def observe(self, row: Row) -> None:
        """It is about to be called."""
        if row["attempts"] != 1:
            return
        due = row["due_at"].timestamp()
        held = row["ordered"] or self._held_at.get(row["webhook_id"], 0.0) >= due
        (_HELD if held else _WELL).observe(max(0.0, self._clock() - due))
