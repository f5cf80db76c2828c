"""When a message may go to SES: one pace for the installation, and a share of it without Redis.

    reserve --> the window in Redis, one call for a set of messages
       '------> Redis fails: our share of what it last said, until Redis is tried again

`window.py` tells the rules and proves them; `shared.py` tells how the two halves keep in step.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import redis
from prometheus_client import Counter

from common import logs
from services.sender.shared import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Ask, SharedWindow
from services.sender.window import FREE, SECOND, UNLIMITED, Verdict

FALLBACKS: Final = Counter(
    "postroom_pacing_fallbacks_total", "Calls of the shared pace that Redis failed", ["error"]
)
_BOUNDLESS: Final = 1e9
"""For JSON, which has no infinity."""
_LATE_SECONDS: Final = 0.1
"""Of the 250 ms by which delays may differ (`window.py`); the rest is the network's."""
_EASILY_LATE_SECONDS: Final = 2.0
"""Where no more is granted than what a stream leaves free, all of it may be late at once."""
# The last three: an answer that makes no sense.
_FAILURES: Final = (redis.RedisError, OSError, ValueError, TypeError, KeyError)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """`wait_seconds`: how long to wait before the call of SES; None: not now, and nothing was
    reserved, for this reason.
    """

    wait_seconds: float | None
    reason: Literal["", "rate", "quota"] = ""


class Pace:
    """Of one process; safe to share between threads. None of it raises or sleeps: at worst it
    waits for two calls of Redis to time out, and for those of another thread.
    """

    def __init__(
        self,
        redis: "redis.Redis",
        prefix: str,
        processes: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`processes`: how many senders to believe in while Redis has never told. `redis` should
        fail soon and not try again by itself, as `common.queue.connect` has it.
        """
        self._shared = SharedWindow(redis, prefix, processes, clock)
        self._clock = clock
        self._again_at = 0.0
        self._pause = 0.0
        self._lock = threading.Lock()
        self._is_closed = False
        self.late_seconds = _LATE_SECONDS
        """How long after its time a call may go without another turn: so SES sees the pace."""

    def allow(self, rate: float, quota_left: float | None) -> None:
        """From GetAccount: MaxSendRate in recipients a second, and how many recipients are left of
        the 24 hours; None: as many as you like. For all processes, from now on.
        """
        quota = UNLIMITED if quota_left is None else max(0.0, quota_left)
        self._decide(Ask(allowed=(min(max(0.0, rate), _BOUNDLESS), min(quota, _BOUNDLESS))))

    def reserve(self, recipients: Sequence[int]) -> list[Turn]:
        """A turn for each message of so many recipients, to be asked for right before its call.
        "rate" as long as nobody has allowed anything.
        """
        verdicts = self._decide(Ask([max(1, one) for one in recipients]))
        return [_turn(one) for one in verdicts]

    def hold_back(self, seconds: float) -> None:
        """No new turn of any process begins within so many seconds. For TooManyRequests."""
        self._decide(Ask(hold=int(seconds * SECOND)))

    def beat(self) -> None:
        """This process lives: to be told every few seconds, as it may have nothing to reserve."""
        self._decide(Ask())

    @property
    def share(self) -> float:
        """Recipients a second that this process may expect; 0.0 while nobody has allowed any."""
        return self._shared.rate / self._shared.senders

    def close(self) -> None:
        """Nothing is granted any more, and the others' shares grow."""
        with self._lock:
            self._is_closed = True
            if self._clock() < self._again_at:
                return
            try:
                self._shared.leave()
            except _FAILURES as error:
                self._failed(error)

    def _decide(self, ask: Ask) -> list[Verdict]:
        with self._lock:
            if self._is_closed:
                return ["rate"] * len(ask.costs)
            verdicts = self._verdicts(ask)
            is_easy = self._shared.fullness <= FREE
            self.late_seconds = _EASILY_LATE_SECONDS if is_easy else _LATE_SECONDS
            return verdicts

    def _verdicts(self, ask: Ask) -> list[Verdict]:
        if self._clock() < self._again_at:
            return self._shared.alone(ask)
        for _ in range(1 if self._pause else 2):
            try:
                verdicts = self._shared.together(ask)
            except _FAILURES as error:
                failure = error
            else:
                self._succeeded()
                return verdicts
        self._failed(failure)
        return self._shared.alone(ask)

    def _succeeded(self) -> None:
        if self._pause:
            self._pause = 0.0
            log.info("pacing.together")

    def _failed(self, error: Exception) -> None:
        self._pause = min(max(FIRST_PAUSE_SECONDS, 2 * self._pause), LONGEST_PAUSE_SECONDS)
        self._again_at = self._clock() + self._pause
        FALLBACKS.labels(type(error).__name__).inc()
        log.warning("pacing.alone", error=type(error).__name__, share=self.share)


def _turn(verdict: Verdict) -> Turn:
    return Turn(None, verdict) if isinstance(verdict, str) else Turn(verdict / SECOND)
