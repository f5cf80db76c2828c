"""How an endpoint does, from what came of its attempts. Pure.

    10 failures in a row      its circuit opens: nothing is attempted but a probe now and then
    one good attempt          all is forgotten
    five days of failures     it is disabled, as it is at once by a 410

While the circuit is open deliveries wait and use up none of their attempts; the schedule goes on
from where they stood.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from common.models.webhook import FAILING, GONE

OPENS_AFTER: Final = 10
DISABLED_AFTER: Final = timedelta(days=5)
SHORTEST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=10)
CAUTIOUS: Final = 8
"""Attempts at one time at an endpoint whose last one failed, and whose circuit is closed."""


class Sign(Enum):
    """What one attempt says of its endpoint."""

    GOOD = auto()
    FAILED = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Health:
    """Columns of `models.Webhook`."""

    failures: int = 0
    failing_since: datetime | None = None
    probe_at: datetime | None = None
    disabled_reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its circuit is."""
        return self.probe_at is not None


def after(health: Health, signs: Iterable[Sign], now: datetime) -> Health:
    """Once these attempts have ended, in their order."""
    for sign in signs:
        health = _after(health, sign, now)
    return health


def _after(health: Health, sign: Sign, now: datetime) -> Health:
    if health.disabled_reason:
        return health
    if sign is Sign.GOOD:
        return Health()
    if sign is Sign.GONE:
        return replace(health, disabled_reason=GONE)
    since = health.failing_since or now
    failed = Health(health.failures + 1, since)
    if now - since >= DISABLED_AFTER:
        return replace(failed, disabled_reason=FAILING)
    if failed.failures >= OPENS_AFTER:
        return replace(failed, probe_at=now + _pause(now - since))
    return failed


def _pause(failing: timedelta) -> timedelta:
    """By how long it has failed, not by how often: many attempts that hang end at one moment."""
    return min(max(SHORTEST_PAUSE, failing / 4), LONGEST_PAUSE)
