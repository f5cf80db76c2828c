"""Room: work is done as soon as it is there, errors end nothing, and stopping loses nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from common.worker import Room
from tests.waiting import eventually

NEVER = 3600.0

Stop = Callable[[], None]


class Jobs:
    """Numbers in a list; those below 0 fail. `gate` holds every job until it is set."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.begun: list[int] = []
        self.done: list[int] = []
        self.given_back: list[int] = []
        self.claims: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    def claim(self, most: int) -> list[int]:
        self.claims.append(most)
        if self.trouble:
            raise self.trouble
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def perform(self, job: int) -> None:
        self.begun.append(job)
        assert self.gate.wait(10)
        if job < 0:
            raise RuntimeError("poison")
        self.done.append(job)

    def give_back(self, jobs: list[int]) -> None:
        self.given_back += jobs


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@contextmanager
def running(jobs: Jobs, tick_seconds: float = NEVER) -> Iterator[tuple[Room[int], Stop]]:
    """A room of two threads, and what ends it. On leaving it has come to its end."""
    room = Room("test", jobs, 2, tick_seconds)
    stopping = threading.Event()
    thread = threading.Thread(target=room.run, args=(stopping,))
    thread.start()

    def stop() -> None:
        stopping.set()
        room.wake()

    try:
        yield room, stop
    finally:
        stop()
        jobs.gate.set()
        thread.join(20)
        assert not thread.is_alive()


def test_what_waits_at_the_start_is_done(jobs: Jobs) -> None:
    jobs.waiting = [1, 2, 3]

    with running(jobs):
        eventually(lambda: sorted(jobs.done) == [1, 2, 3])


def test_work_is_claimed_when_the_room_is_woken(jobs: Jobs) -> None:
    with running(jobs) as (room, _):
        eventually(lambda: jobs.claims)
        jobs.waiting = [1]
        room.wake()

        eventually(lambda: jobs.done == [1])


def test_work_is_found_at_the_tick_without_a_ring(jobs: Jobs) -> None:
    with running(jobs, tick_seconds=0.05):
        eventually(lambda: jobs.claims)
        jobs.waiting = [1]

        eventually(lambda: jobs.done == [1])


def test_more_work_than_threads_is_done_without_a_tick(jobs: Jobs) -> None:
    jobs.waiting = list(range(100))

    with running(jobs):
        eventually(lambda: sorted(jobs.done) == list(range(100)))


def test_after_a_claim_that_took_all_that_there_was_nobody_looks_until_a_ring(jobs: Jobs) -> None:
    jobs.gate.clear()
    jobs.waiting = [1]

    with running(jobs) as (room, _):
        eventually(lambda: jobs.begun == [1])
        jobs.waiting = [2]
        room.wake()
        eventually(lambda: jobs.begun == [1, 2])

        assert jobs.claims == [4, 3]


def test_no_more_is_taken_than_the_threads_and_as_many_again(jobs: Jobs) -> None:
    jobs.gate.clear()
    jobs.waiting = list(range(10))

    with running(jobs) as (room, _):
        eventually(lambda: len(jobs.begun) == 2)
        room.wake()

        assert jobs.claims == [4]
        assert len(jobs.waiting) == 6


def test_a_job_that_fails_stops_nothing(jobs: Jobs) -> None:
    jobs.waiting = [-1, 1, -2, 2]

    with running(jobs):
        eventually(lambda: sorted(jobs.done) == [1, 2])


def test_a_claim_that_fails_is_tried_again(jobs: Jobs) -> None:
    jobs.trouble = ConnectionError("the database is away")
    jobs.waiting = [1]

    with running(jobs):
        eventually(lambda: jobs.claims)
        jobs.trouble = None

        eventually(lambda: jobs.done == [1])


def test_stopping_finishes_what_is_begun_and_gives_back_the_rest(jobs: Jobs) -> None:
    jobs.gate.clear()
    jobs.waiting = list(range(10))

    with running(jobs) as (_, stop):
        eventually(lambda: len(jobs.begun) == 2)
        stop()
        eventually(lambda: jobs.given_back)

    assert sorted(jobs.done) == [0, 1]
    assert sorted(jobs.given_back) == [2, 3]
    assert jobs.waiting == list(range(4, 10))


def test_stopping_an_idle_room_gives_nothing_back(jobs: Jobs) -> None:
    with running(jobs):
        eventually(lambda: jobs.claims)

    assert jobs.given_back == []


def test_a_stopping_room_need_not_be_woken(jobs: Jobs) -> None:
    stopping = threading.Event()
    thread = threading.Thread(target=Room("test", jobs, 1, NEVER).run, args=(stopping,))
    thread.start()
    eventually(lambda: jobs.claims)

    stopping.set()

    eventually(lambda: not thread.is_alive())
