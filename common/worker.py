"""The life of a worker process: look for work, do it in threads, stop well.

    room = Room("sender", work, threads=32, tick_seconds=1)
    room.run(stop_on_signals())

A room looks for work when it is woken, when a thread is free again, and once a tick.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Final, Generic, Protocol, TypeVar

from common import logs, metrics
from common.queue import Doorbell
from common.settings import Settings

T = TypeVar("T")

log = logs.get(__name__)

DRAIN_SECONDS: Final = 30
"""How long a stopping worker lets what it has begun come to its end."""
_PAUSE_SECONDS: Final = 1.0


class Work(Protocol[T]):
    """What a room does."""

    def claim(self, most: int) -> list[T]:
        """Take up to `most` jobs from Postgres; the lease is committed on return."""
        ...

    def perform(self, job: T) -> None:
        """One job, from the claim to the recorded result. Runs in a thread."""
        ...

    def give_back(self, jobs: list[T]) -> None:
        """Return jobs that were claimed and not begun."""
        ...


class Room(Generic[T]):
    """Jobs of one kind, done by `threads` at a time.

    As many again are held ready, so no thread waits for the database between two jobs.
    """

    def __init__(self, name: str, work: Work[T], threads: int, tick_seconds: float) -> None:
        self._name = name
        self._work = work
        self._threads = threads
        self._tick_seconds = tick_seconds
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._in_hand: dict[Future[None], T] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def wake(self) -> None:
        """There may be work."""
        self._bell.set()

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set, then drain. Survives whatever the database does."""
        while not stopping.is_set():
            self._bell.clear()
            try:
                may_be_more = self._take()
            except Exception:
                log.exception("room.claim_failed", room=self._name)
                stopping.wait(_PAUSE_SECONDS)
                continue
            if not may_be_more:
                self._rest(stopping)
        log.info("worker.stopping", room=self._name)
        self._drain()

    def _rest(self, stopping: threading.Event) -> None:
        """Until the bell or the tick, however long that is; a signal is seen within a second."""
        ends = time.monotonic() + self._tick_seconds
        while not stopping.is_set() and (left := ends - time.monotonic()) > 0:
            if self._bell.wait(min(left, _PAUSE_SECONDS)):
                return

    def _take(self) -> bool:
        """Claim what fits; whether more was there. What comes later rings, and so does a thread
        that is free again.
        """
        free = self._free()
        if not free:
            return False
        jobs = self._work.claim(free)
        for job in jobs:
            self._begin(job)
        return len(jobs) >= free

    def _free(self) -> int:
        """Only when half is done: sets, not rows."""
        with self._lock:
            in_hand = len(self._in_hand)
        return 2 * self._threads - in_hand if in_hand <= self._threads else 0

    def _begin(self, job: T) -> None:
        future = self._pool.submit(self._perform_safely, job)
        with self._lock:
            self._in_hand[future] = job
        future.add_done_callback(self._finished)

    def _finished(self, future: "Future[None]") -> None:
        with self._lock:
            self._in_hand.pop(future, None)
            wanted = len(self._in_hand) <= self._threads
        if wanted:
            self._bell.set()

    def _perform_safely(self, job: T) -> None:
        """The lease brings back what failed here; the reason must not be lost with it."""
        try:
            self._work.perform(job)
        except Exception:
            log.exception("room.job_failed", room=self._name)

    def _drain(self) -> None:
        with self._lock:
            held = dict(self._in_hand)
        untouched = [job for future, job in held.items() if future.cancel()]
        begun = [future for future in held if not future.cancelled()]
        if untouched:
            self._return(untouched)
        _, late = wait(begun, timeout=DRAIN_SECONDS)
        if late:
            log.warning("room.drain_timeout", room=self._name, jobs=len(late))
        self._pool.shutdown(wait=False)

    def _return(self, jobs: list[T]) -> None:
        try:
            self._work.give_back(jobs)
        except Exception:
            log.exception("room.give_back_failed", room=self._name)  # the leases will run out


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it in the main thread, before anything that a
    signal may not cut.

    The handler does nothing: it runs between two steps of the main thread, which may hold the
    very lock that it would need, the logger's or this event's. A thread hears of the signal.
    """
    stopping = threading.Event()
    heard, said = os.pipe()
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        os.read(heard, 1)
        stopping.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stopping


@contextmanager
def serving(settings: Settings, doorbell: Doorbell, room: str) -> Iterator[None]:
    """Metrics served and the room's door open, until the work is done."""
    stop_metrics = metrics.serve(settings)
    listener = doorbell.open(room)
    log.info("worker.ready", metrics_port=settings.metrics_port)
    try:
        yield
    finally:
        listener.stop()
        doorbell.close()
        stop_metrics()
        log.info("worker.stopped")
