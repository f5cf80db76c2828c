"""Sets, not rows: what arrives together is handled together.

Nobody waits for a timer. While one set is under way the next gathers by itself, so a set is as
large as the load makes it, and alone it is a set of one. Each caller gets the result of its own
item, or the exception of its set.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Sets of up to `most` items, handled by `writers` tasks of one event loop."""

    def __init__(
        self, handle: Callable[[list[T]], Awaitable[list[R]]], most: int = 64, writers: int = 2
    ) -> None:
        """`handle` gives one result for each item, in their order."""
        self._handle = handle
        self._most = most
        self._waiting: asyncio.Queue[tuple[T, asyncio.Future[R]]] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._write()) for _ in range(writers)]

    async def submit(self, item: T) -> R:
        """The item's result, after the set that it went with."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((item, future))
        return await future

    async def _write(self) -> None:
        while True:
            await self._write_set()

    async def _write_set(self) -> None:
        """A set is held until it is done, and not while the next is waited for: it may be large."""
        taken = [await self._waiting.get()]
        while len(taken) < self._most and not self._waiting.empty():
            taken.append(self._waiting.get_nowait())
        # Who has gone away was told that it may not be done: then it had better not be.
        if wanted := [one for one in taken if not one[1].done()]:
            await self._settle(wanted)

    async def _settle(self, taken: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._handle([item for item, _ in taken])
            settled = list(zip(taken, results, strict=True))
        except BaseException as error:
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in settled:
            if not future.done():  # its caller may have gone away
                future.set_result(result)

    async def close(self) -> None:
        """End the writers; call it when nobody submits any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
