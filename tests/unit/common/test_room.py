"""The life of a worker: many at a time, woken by rings, and a good end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from common.room import Room

PLACES = 4
AN_HOUR = 3600.0
NOTHING = 99
"""A job of which nothing is to be recorded."""


class Work:
    """Jobs are numbers. Each is under way until it is let go, and recorded when `book` is set."""

    def __init__(self, jobs: int) -> None:
        self.waiting = list(range(jobs))
        self.asked: list[int] = []
        self.under_way: set[int] = set()
        self.done: list[int] = []
        self.sets: list[int] = []
        self.returned: list[int] = []
        self.book = asyncio.Event()
        self.book.set()
        self.broken = 0
        self.is_ungrateful = False
        self._ends = asyncio.Semaphore(0)

    def let_go(self, jobs: int) -> None:
        """So many attempts come to their end, those under way first."""
        for _ in range(jobs):
            self._ends.release()

    async def claim(self, most: int) -> list[int]:
        self.asked.append(most)
        if self.broken:
            self.broken -= 1
            raise ConnectionError
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    async def attempt(self, job: int) -> int | None:
        self.under_way.add(job)
        await self._ends.acquire()
        self.under_way.discard(job)
        if job == 1:
            self.done.append(job)
            raise ValueError("the others go on")
        if job == NOTHING:
            self.done.append(job)
            return None
        return job

    async def record(self, jobs: list[int]) -> None:
        self.sets.append(len(jobs))
        await self.book.wait()
        self.done += jobs
        if 2 in jobs:
            raise ConnectionError("the others go on")

    async def give_back(self, jobs: list[int]) -> None:
        self.returned += jobs
        if self.is_ungrateful:
            raise ConnectionError


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - of a list that grows
            await asyncio.sleep(0)


def live(jobs: int, story: Callable[[Work, Room[int, int]], Awaitable[None]], tick: float) -> Work:
    """A room with work, while the story is told; then it is asked to stop."""

    async def main() -> Work:
        work, stopping = Work(jobs), threading.Event()
        room = Room("test", work, PLACES, tick, ready=2 * PLACES)
        running = asyncio.create_task(room.run(stopping))
        await story(work, room)
        stopping.set()
        room.wake()
        async with asyncio.timeout(5):
            await running
        return work

    return asyncio.run(main())


def test_as_many_as_there_are_places_are_under_way_and_twice_as_many_wait() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        await until(lambda: len(work.under_way) == PLACES)
        assert work.asked == [12]
        assert len(work.waiting) == 2
        work.let_go(99)

    live(14, story, AN_HOUR)


def test_it_claims_again_when_as_many_wait_as_there_are_places() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        await until(lambda: len(work.under_way) == PLACES)
        work.let_go(3)
        await until(lambda: len(work.done) == 3)
        assert work.asked == [12]
        work.let_go(1)
        await until(lambda: len(work.asked) > 1)
        assert work.asked == [12, 4]
        work.let_go(99)

    live(40, story, AN_HOUR)


def test_who_waits_for_the_record_holds_no_place() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        await until(lambda: work.under_way == {0, 1, 2, 3})
        work.book.clear()
        work.let_go(PLACES)
        await until(lambda: work.under_way == {4, 5})
        assert work.done == [1]
        work.let_go(2)
        work.book.set()

    assert sorted(live(6, story, AN_HOUR).done) == list(range(6))


def test_what_comes_while_a_set_is_recorded_is_the_next_set() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.book.clear()
        work.let_go(1)
        await until(lambda: work.sets == [1])
        work.let_go(7)
        await until(lambda: 1 in work.done and not work.under_way)
        work.book.set()

    assert live(8, story, AN_HOUR).sets == [1, 6]


def test_all_is_done_without_a_tick_and_one_that_fails_takes_nobody_with_it() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.let_go(99)
        await until(lambda: len(work.done) == 50)

    assert sorted(live(50, story, AN_HOUR).done) == list(range(50))


def test_a_ring_wakes_it_from_another_thread() -> None:
    async def story(work: Work, room: Room[int, int]) -> None:
        work.let_go(99)
        await until(lambda: bool(work.asked))
        work.waiting = [7]
        await asyncio.to_thread(room.wake)
        await until(lambda: work.done == [7])

    live(0, story, AN_HOUR)


def test_without_a_ring_it_looks_once_a_tick() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.let_go(99)
        await until(lambda: bool(work.asked))
        work.waiting = [7]
        await until(lambda: work.done == [7])

    live(0, story, 0.01)


def test_it_survives_a_database_that_is_away() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.broken = 1
        work.let_go(99)
        await until(lambda: work.done == [0])

    live(1, story, AN_HOUR)


def test_stopped_it_finishes_what_it_began_and_gives_back_the_rest() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        await until(lambda: len(work.under_way) == PLACES)
        asyncio.get_running_loop().call_later(0.05, work.let_go, PLACES)

    work = live(10, story, AN_HOUR)

    assert sorted(work.done) == [0, 1, 2, 3]
    assert work.returned == list(range(4, 10))


def test_it_ends_also_where_nothing_can_be_given_back() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.is_ungrateful = True
        await until(lambda: len(work.under_way) == PLACES)
        asyncio.get_running_loop().call_later(0.05, work.let_go, PLACES)

    work = live(10, story, AN_HOUR)

    assert sorted(work.done) == [0, 1, 2, 3]
    assert work.returned == list(range(4, 10))


def test_that_of_which_nothing_is_recorded_is_done_with_its_attempt() -> None:
    async def story(work: Work, _: Room[int, int]) -> None:
        work.waiting = [NOTHING, 3]
        work.let_go(2)
        await until(lambda: sorted(work.done) == [3, NOTHING])

    assert live(0, story, 0.01).sets == [1]


def test_after_a_claim_that_took_all_that_there_was_nobody_looks_until_a_ring() -> None:
    async def story(work: Work, room: Room[int, int]) -> None:
        await until(lambda: bool(work.under_way))
        work.waiting = [5]
        room.wake()
        await until(lambda: 5 in work.under_way)
        assert work.asked == [12, 11]
        work.let_go(2)

    live(1, story, AN_HOUR)
