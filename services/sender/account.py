"""The AWS account: how fast it may send, and whether it may send at all.

    open --halt--> halted --time, GetAccount--> probing --went_well--> open
                     ^                             |
                     '------------halt-------------'

SES's answer about one message may speak of all: the daily quota is used up, sending is paused, the
keys are wrong, SES cannot be reached. Then this sender stands still, keeps everything queued, and
asks GetAccount; where that sees no obstacle either, one message goes ahead as a probe, since
GetAccount does not know of everything (a configuration set can be paused too).

GetAccount may be called once a second for the whole account, so each process asks seldom.
"""

import math
import threading
import time
from collections.abc import Callable
from random import uniform
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import Gauge

from common import logs
from services.sender.quota import read
from services.sender.ses import Halt

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

log = logs.get(__name__)

PAUSED = Gauge("postroom_sending_paused", "1 while nothing is sent, by the reason", ["reason"])

LOOK_SECONDS: Final = 30.0
"""Between two looks at the account, as long as it sends."""
_UNKNOWN_RATE: Final = 1.0
"""Of an account that cannot be looked at: the sandbox's, below which no account is."""
_LONGEST_PAUSE: Final = 60.0
_BEAT_SECONDS: Final = 0.1
_PROBE_SECONDS: Final = 60.0
"""After which a probe that nobody has heard of is given up for another."""
# The first pause; each probe that fails doubles it.
_PAUSES: Final[dict[Halt, float]] = {
    "quota": 10,
    "paused": 5,
    "suspended": 30,
    "credentials": 10,
    "unreachable": 0.5,
    "failing": 1,
}
_MOST_DOUBTS: Final = 10
"""Calls in a row without an answer that proves anything, before the next one waits: each of them
is a message that nobody can send again.
"""


class Account:
    """What is known of the account. Safe to share between threads."""

    def __init__(
        self,
        client: "SESV2Client",
        allow: Callable[[float, float | None], None],
        most: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`allow` is told of each look; `most`: no more than that a second, whatever SES says.
        `clock` gives seconds.
        """
        self._clock = clock
        self._client = client
        self._allow = allow
        self._most = most
        self._lock = threading.Lock()
        self._state: Literal["open", "halted", "probing"] = "open"
        self._reason: Halt | None = None
        self._until = 0.0
        self._pause = 0.0
        self._look_at = 0.0
        self._is_known = False
        self._doubts = 0
        self.was_looked_at = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Look, again and again; in a thread of its own, as a call may hang."""
        while not stopping.is_set():
            self.look_if_due()
            stopping.wait(_BEAT_SECONDS)

    def room(self) -> float:
        """How many messages may be taken now: all, one as a probe, or none. None before the first
        look, as nobody knows how fast.
        """
        with self._lock:
            if not self.was_looked_at.is_set():
                return 0
            if self._state == "open":
                return math.inf
            if self._clock() < self._until:
                return 0
            self._state = "probing"
            self._until = self._clock() + _PROBE_SECONDS
            return 1

    @property
    def is_halted(self) -> bool:
        """Nothing may be sent; while it is probed, the probe may."""
        return self._state == "halted"

    def halt(self, reason: Halt) -> None:
        """SES has said why nothing can be sent. Those that were under way say it again."""
        with self._lock:
            if self._state == "halted":
                return
            longer = self._state == "probing" and self._reason == reason
            pause = min(2 * self._pause, _LONGEST_PAUSE) if longer else _PAUSES[reason]
            self._stand_still(reason, pause)

    def went_well(self) -> None:
        """SES has looked at a message."""
        self._doubts = 0
        if self._state == "open":
            return
        with self._lock:
            self._state = "open"
            self._pause = 0.0
            self._tell(None)
        log.info("account.sends_again")

    def gave_no_answer(self) -> None:
        """SES may have a message, or not. Where that goes on, SES is in trouble."""
        self._doubts += 1
        if self._doubts >= _MOST_DOUBTS or self._state == "probing":
            self.halt("failing")

    def _stand_still(self, reason: Halt, pause: float) -> None:
        self._state = "halted"
        self._pause = pause
        self._until = self._clock() + pause * uniform(1.0, 1.2)  # noqa: S311 - no secret
        # Just before the probe, which waits for it.
        self._look_at = self._until - 2 * _BEAT_SECONDS
        self._tell(reason)
        log.warning("account.halted", reason=reason, pause_seconds=round(pause, 1))

    def _tell(self, reason: Halt | None) -> None:
        if self._reason:
            PAUSED.labels(self._reason).set(0)
        self._reason = reason
        if reason:
            PAUSED.labels(reason).set(1)

    def look_if_due(self) -> None:
        """Nothing that AWS does may end the thread."""
        if self._clock() < self._look_at:
            return
        try:
            quota = read(self._client)
        except (BotoCoreError, ClientError) as error:
            log.warning("account.unread", error=type(error).__name__)
            self._look_at = self._clock() + LOOK_SECONDS / 10
            if not self._is_known:
                self._allow(min(self._most or _UNKNOWN_RATE, _UNKNOWN_RATE), None)
            self.was_looked_at.set()
            return
        self._is_known = True
        quota.show()
        self._allow(min(quota.rate, self._most or quota.rate), quota.left)
        with self._lock:
            self._look_at = self._clock() + LOOK_SECONDS * uniform(0.8, 1.2)  # noqa: S311
            if quota.obstacle and self._state != "probing":
                self._stand_still(quota.obstacle, max(self._pause, _PAUSES[quota.obstacle]))
        self.was_looked_at.set()
