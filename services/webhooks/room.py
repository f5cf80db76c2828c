"""The life of the webhook worker, in one event loop: claim, perform many at a time, stop well.

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

log = logs.get(__name__)

_PAUSE_SECONDS: Final = 1.0


class Work(Protocol[T]):
    """What a room does."""

    async def claim(self, most: int) -> list[T]:
        """Take up to `most` jobs from Postgres; the lease is committed on return."""
        ...

    async def perform(self, job: T) -> None:
        """One job, from the claim to the recorded result."""
        ...

    async def give_back(self, jobs: list[T]) -> None:
        """Return jobs that were claimed and not begun."""
        ...


class Room(Generic[T]):
    """Jobs of one kind, `places` at a time. Half as many again are held ready, so that no place
    waits for the database between two jobs.
    """

    def __init__(self, name: str, work: Work[T], places: int, tick_seconds: float) -> None:
        """In the running loop."""
        self._name = name
        self._work = work
        self._places = places
        self._most = places + max(1, places // 2)
        self._free = asyncio.Semaphore(places)
        self._tick_seconds = tick_seconds
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], T] = {}
        self._begun: set[asyncio.Task[None]] = set()

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
        if len(self._in_hand) > self._places:
            return 0
        jobs = await self._work.claim(self._most - len(self._in_hand))
        for job in jobs:
            task = asyncio.create_task(self._perform(job))
            self._in_hand[task] = job
            task.add_done_callback(self._finished)
        return len(jobs)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._in_hand.pop(task, None)
        self._begun.discard(task)
        if len(self._in_hand) <= self._places:
            self._bell.set()

    async def _perform(self, job: T) -> None:
        """The lease brings back what failed here; the reason must not be lost with it."""
        async with self._free:
            self._begun.add(cast("asyncio.Task[None]", asyncio.current_task()))
            try:
                await self._work.perform(job)
            except Exception:
                log.exception("room.job_failed", room=self._name)

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
