"""What may leave now: the account's state, the pace of the installation, and what is in hand.

No more is claimed than can leave within a moment. What is in hand leaves in the order in which it
was claimed, so it is the longest that a message of another organization waits for its turn.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

from common import clock
from common.aside import Aside
from common.batch import Batcher
from services.sender.account import Account
from services.sender.jobs import Claimed
from services.sender.lateness import Lateness
from services.sender.pacing import Pace, Turn
from services.sender.ses import Later, Outcome, Unknown

AHEAD_SECONDS: Final = 0.5
"""How much is taken in hand, by the pace that this process may expect."""
_THROTTLED_SECONDS: Final = 1.0
_FULL_SECONDS: Final = 0.5
_BEAT_SECONDS: Final = 5.0


class Gate:
    """Of one sender, in its event loop."""

    def __init__(self, account: Account, pace: Pace) -> None:
        """In the running loop."""
        self._account = account
        self._pace = pace
        self._asked = Aside("pace")
        self._turns: Batcher[int, Turn] = Batcher(self._reserve, writers=1)
        self._lateness = Lateness()
        self._in_hand = 0
        self._full_until = 0.0
        self._beat_at = 0.0

    def room(self, most: int) -> tuple[int, float]:
        """How many messages may be claimed, up to `most`, and for how many recipients."""
        now = time.monotonic()
        if now >= self._beat_at:
            self._asked.begin(self._pace.beat)
            self._beat_at = now + _BEAT_SECONDS
        if now < self._full_until:
            self._lateness.waits()
            return 0, 0
        ahead = max(1.0, self._pace.share * AHEAD_SECONDS)
        # Only when half of it is gone: sets, not rows.
        if self._in_hand and self._in_hand > ahead / 2:
            return 0, 0
        room = self._account.room()
        if not room:
            self._lateness.waits()
        return int(min(most, room)), ahead - self._in_hand

    def enter(self, claims: Iterable[Claimed]) -> None:
        """They are in hand."""
        self._in_hand += sum(one.recipients for one in claims)

    def leave(self, claims: Iterable[Claimed]) -> None:
        """They are not in hand any more, whatever became of them."""
        self._in_hand -= sum(one.recipients for one in claims)

    async def wait(self, claimed: Claimed, lead_seconds: float = 0) -> float | None:
        """Until `lead_seconds` before the message's turn: the moment when it is (by
        `time.monotonic`), for `go`. None where it should not be sent now.
        """
        if self._account.is_halted:
            return None
        turn = await self._turns.submit(claimed.recipients)
        if turn.wait_seconds is None:
            self._full_until = time.monotonic() + _FULL_SECONDS
            self._lateness.waits(_FULL_SECONDS)
            if turn.reason == "quota":
                self._account.halt("quota")
            return None
        self._lateness.waits(turn.wait_seconds)
        moment = time.monotonic() + turn.wait_seconds
        await _sleep_until(moment - lead_seconds)
        return None if self._account.is_halted else moment

    async def go(self, claimed: Claimed, moment: float) -> bool:
        """Wait for the rest; whether to go then. What was between, a commit, is different each
        time, and SES must see the pace as it was given: who comes too late takes another turn.
        """
        if time.monotonic() - moment > self._pace.late_seconds:
            again = await self.wait(claimed)
            if again is None:
                return False
            moment = again
        await _sleep_until(moment)
        return True

    def goes(self, claimed: Claimed, attempt: int) -> None:
        """SES is called now, with the first attempt or a later one."""
        if attempt == 1:
            self._lateness.observe((clock.now() - claimed.row["due_at"]).total_seconds())

    def heed(self, outcome: Outcome) -> None:
        """What SES's answer to one message says of all."""
        match outcome:
            case Later(halts="throttled"):
                self._asked.begin(self._pace.hold_back, _THROTTLED_SECONDS)
            case Later(halts=reason) if reason:
                self._account.halt(reason)
            case Unknown():
                self._account.gave_no_answer()
            case _:
                self._account.went_well()

    async def close(self) -> None:
        """When nobody waits for a turn any more."""
        await self._turns.close()
        self._asked.close()

    async def _reserve(self, recipients: list[int]) -> list[Turn]:
        return await self._asked(self._pace.reserve, recipients)


async def _sleep_until(moment: float) -> None:
    """Not a moment earlier, as a loop's timers may be that."""
    while (left := moment - time.monotonic()) > 0:  # noqa: ASYNC110 - nobody tells the time
        await asyncio.sleep(left)
