"""The life of the webhook worker, in one event loop: claim, attempt many at a time, record, stop.

As `common.worker.Room`, which is for threads: an attempt spends its time waiting for an endpoint,
and a loop waits for hundreds of them at the price of few (aiohttp 0.17 ms of CPU an attempt, a
thread 0.6 ms).
"""

import asyncio
import threading
import time
from typing import Final, Generic, Protocol, TypeVar, cast

from common import logs
from common.worker import DRAIN_SECONDS

T = TypeVar("T")
R = TypeVar("R")

log = logs.get(__name__)

_PAUSE_SECONDS: Final = 1.0


class Work(Protocol[T, R]):
    """What a room does."""

    async def claim(self, most: int) -> list[T]:
        """Take up to `most` jobs from Postgres; the lease is committed on return."""
        ...

    async def attempt(self, job: T) -> R:
        """What takes one of the places: a call, and what came of it."""
        ...

    async def record(self, result: R) -> None:
        """Write down what came of it; the place is somebody else's by then."""
        ...

    async def give_back(self, jobs: list[T]) -> None:
        """Return jobs that were claimed and not begun."""
        ...


class Room(Generic[T, R]):
    """Jobs of one kind, `places` attempts at a time. As many again wait for a place, so that none
    waits for the database between two attempts; what is being recorded comes on top.
    """

    def __init__(self, name: str, work: Work[T, R], places: int, tick_seconds: float) -> None:
        """In the running loop."""
        self._name = name
        self._work = work
        self._most = 2 * places
        self._few = places + places // 2
        self._free = asyncio.Semaphore(places)
        self._tick_seconds = tick_seconds
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], T] = {}
        self._begun: set[asyncio.Task[None]] = set()
        self._unattempted = 0

    def wake(self) -> None:
        """There may be work. From any thread."""
        self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set, then drain. Survives whatever the database does."""
        while not stopping.is_set():
            self._bell.clear()
            try:
                found = await self._take()
            except Exception:
                log.exception("room.claim_failed", room=self._name)
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if not found:
                await self._rest(stopping)
        log.info("worker.stopping", room=self._name)
        await self._drain()

    async def _rest(self, stopping: threading.Event) -> None:
        """Until the bell or the tick, however long that is; a signal is seen within a second."""
        ends = time.monotonic() + self._tick_seconds
        while not stopping.is_set() and (left := ends - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, _PAUSE_SECONDS)):
                    await self._bell.wait()
            except TimeoutError:
                continue
            return

    async def _take(self) -> int:
        """Claim what fits, when a good part is done: sets, not rows. The number of jobs taken."""
        if self._unattempted > self._few:
            return 0
        jobs = await self._work.claim(self._most - self._unattempted)
        self._unattempted += len(jobs)
        for job in jobs:
            task = asyncio.create_task(self._perform(job))
            self._in_hand[task] = job
            task.add_done_callback(self._finished)
        return len(jobs)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._in_hand.pop(task, None)
        self._begun.discard(task)

    async def _perform(self, job: T) -> None:
        """The lease brings back what failed here; the reason must not be lost with it."""
        try:
            async with self._free:
                self._begun.add(cast("asyncio.Task[None]", asyncio.current_task()))
                try:
                    result = await self._work.attempt(job)
                finally:
                    self._attempted()
            await self._work.record(result)
        except Exception:
            log.exception("room.job_failed", room=self._name)

    def _attempted(self) -> None:
        self._unattempted -= 1
        if self._unattempted <= self._few:
            self._bell.set()

    async def _drain(self) -> None:
        held = dict(self._in_hand)
        untouched = [task for task in held if task not in self._begun]
        for task in untouched:
            task.cancel()
        if untouched:
            await self._return([held[task] for task in untouched])
        if begun := set(self._begun):
            _, late = await asyncio.wait(begun, timeout=DRAIN_SECONDS)
            if late:
                log.warning("room.drain_timeout", room=self._name, jobs=len(late))

    async def _return(self, jobs: list[T]) -> None:
        try:
            await self._work.give_back(jobs)
        except Exception:
            log.exception("room.give_back_failed", room=self._name)  # the leases will run out
