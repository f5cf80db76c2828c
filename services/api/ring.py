"""Ringing from an event loop: `common.queue` is synchronous and may wait a second for Redis."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import redis

from common.queue import Doorbell, connect
from common.settings import Settings


class Ringer:
    """Rings in the background, one ring of a room at a time."""

    def __init__(self, settings: Settings) -> None:
        self._bell = Doorbell(settings)
        self._asked = connect(settings)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="ring")
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._again: set[str] = set()

    def ring(self, room: str) -> None:
        """Returns at once, never raises."""
        if room in self._under_way:
            # The ring under way may have been heard before this work was committed.
            self._again.add(room)
            return
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, self._bell.ring, room)
        self._under_way[room] = future
        future.add_done_callback(lambda _: self._rung(room))

    def _rung(self, room: str) -> None:
        self._under_way.pop(room, None)
        if room in self._again:
            self._again.discard(room)
            self.ring(room)

    def answers(self) -> bool:
        """Whether the broker is there; blocks for a second at most."""
        try:
            return bool(self._asked.ping())
        except (redis.RedisError, OSError):
            return False

    async def close(self) -> None:
        """Let the last rings come to their end: they are short, and spare a second of waiting."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))
        self._pool.shutdown(wait=False)
        self._bell.close()
        self._asked.close()
