"""How far a sender is ahead of its calls: messages that are started, and wait for a call to end.

With none ahead each call would stand empty for as long as a start takes, which is a commit. But who
is killed between the two leaves a message that only an operator can tell of, for SES was perhaps
called. So there are no more of them than calls that end while one is started.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

_WEIGHT: Final = 1 / 16
"""Of the latest: a set is started at once, and its messages take alike."""
_LONGEST_LEAD_SECONDS: Final = 0.1


@dataclass(slots=True)
class Usual:
    """What something takes, in seconds, as it was lately."""

    seconds: float

    @contextmanager
    def taking(self) -> Iterator[None]:
        """It begins and ends here, however it ends."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds += (time.monotonic() - began - self.seconds) * _WEIGHT


class Ahead:
    """Of one sender, in its event loop. `start` and `call` are told by who does them."""

    def __init__(self, calls: int) -> None:
        """`calls`: at one time."""
        self.start = Usual(0.02)
        self.call = Usual(0.1)
        self._calls = calls
        self._under_way = 0
        self._changed = asyncio.Condition()

    @property
    def most(self) -> int:
        """Messages that may be between the beginning of their start and the end of their call."""
        meanwhile = math.ceil(self._calls * self.start.seconds / self.call.seconds)
        return self._calls + max(1, min(meanwhile, self._calls // 2))

    @property
    def lead_seconds(self) -> float:
        """How long before its turn a message is started: the set before it may have to end."""
        return min(2 * self.start.seconds, _LONGEST_LEAD_SECONDS)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """From start to call, in the order in which they came."""
        async with self._changed:
            await self._changed.wait_for(self._is_free)
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            async with self._changed:
                self._changed.notify(max(0, self.most - self._under_way))

    def _is_free(self) -> bool:
        return self._under_way < self.most
