"""POSTs to one service of AWS for threads: many at a time, by an event loop in its own thread.

For who makes ten calls at once and then waits for all of them: a thread for each call takes about
twice the CPU (docs/performance.md).
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop
from botocore import exceptions as boto

from common.endpoint import Endpoint
from common.signed import Answer, Signed

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Post:
    """Signed (`Endpoint.sign`)."""

    headers: Mapping[str, str]
    body: bytes


class Posts:
    """Safe to share between threads."""

    def __init__(self, endpoint: Endpoint, *, read_timeout: float, connections: int) -> None:
        """See `Signed`."""
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="posts", daemon=True)
        self._thread.start()

        async def begin() -> Signed:
            return Signed(endpoint, read_timeout=read_timeout, connections=connections)

        self._signed = self._done(begin())

    def send(self, posts: Sequence[Post]) -> list[Answer | boto.BotoCoreError]:
        """Each once, side by side; to each its answer, or why there is none."""
        return self._done(self._all(posts))

    def close(self) -> None:
        """After the last call: let go of the connections, and end the thread."""
        self._done(self._signed.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _done(self, work: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _all(self, posts: Sequence[Post]) -> list[Answer | boto.BotoCoreError]:
        return await asyncio.gather(*map(self._one, posts))

    async def _one(self, post: Post) -> Answer | boto.BotoCoreError:
        try:
            return await self._signed.send(post.headers, [post.body])
        except boto.BotoCoreError as error:
            return error
