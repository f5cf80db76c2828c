"""A thread beside an event loop, for what blocks: Postgres and Redis, asked in sets."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
R = TypeVar("R")


class Aside:
    """Its calls come one after the other, in the order in which they were asked for; with more
    `threads`, some at a time.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def __call__(self, function: Callable[[*Ts], R], *args: *Ts) -> R:
        """Its result, or what it raised. Who stops waiting does not stop it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    def begin(self, function: Callable[[*Ts], object], *args: *Ts) -> None:
        """Nobody waits for it, so it must not raise."""
        self._pool.submit(function, *args)

    def close(self) -> None:
        """Finish what was asked for, then end."""
        self._pool.shutdown()
