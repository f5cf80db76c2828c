"""Lookups that hang hold up nobody but those who want the same name."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from services.webhooks.failures import Failed
from services.webhooks.names import MOST_LOOKUPS, Lookups


class Resolver:
    """Names that begin with `slow` are answered when the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.came = threading.Semaphore(0)
        self.answer = threading.Event()

    def resolve(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        self.came.release()
        if name.startswith("slow"):
            self.answer.wait(20)
        if name.startswith("unknown"):
            raise OSError(name)
        return [] if name.startswith("empty") else ["93.184.215.14"]


def test_attempts_that_want_one_name_at_one_time_share_a_lookup() -> None:
    resolver = Resolver()

    async def ask() -> None:
        lookups = Lookups(resolver.resolve)
        waiting = [asyncio.create_task(lookups.addresses("slow")) for _ in range(300)]
        assert await lookups.addresses("quick") == ["93.184.215.14"]
        resolver.answer.set()
        assert set(map(tuple, await asyncio.gather(*waiting))) == {("93.184.215.14",)}

    asyncio.run(ask())

    assert sorted(resolver.asked) == ["quick", "slow"]


def test_nothing_is_remembered() -> None:
    resolver = Resolver()

    async def ask() -> None:
        lookups = Lookups(resolver.resolve)
        for _ in range(3):
            await lookups.addresses("quick")

    asyncio.run(ask())

    assert resolver.asked == ["quick"] * 3


def test_hostile_names_take_no_more_threads_than_there_are_places() -> None:
    resolver = Resolver()

    async def ask() -> None:
        lookups = Lookups(resolver.resolve)
        names = [f"slow{number}" for number in range(MOST_LOOKUPS + 1)]
        waiting = [asyncio.create_task(lookups.addresses(name)) for name in names]
        for _ in range(MOST_LOOKUPS):
            await asyncio.to_thread(resolver.came.acquire)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lookups.addresses("quick"), 0.1)
        resolver.answer.set()
        await asyncio.gather(*waiting)
        assert await lookups.addresses("quick") == ["93.184.215.14"]

    asyncio.run(ask())

    assert resolver.asked.index("quick") >= MOST_LOOKUPS


def test_who_leaves_does_not_take_the_answer_from_who_stays() -> None:
    resolver = Resolver()

    async def ask() -> None:
        lookups = Lookups(resolver.resolve)
        leaves, stays = (asyncio.create_task(lookups.addresses("slow")) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.wait([leaves])
        resolver.answer.set()
        assert await stays == ["93.184.215.14"]

    asyncio.run(ask())


def test_a_lookup_that_hangs_does_not_keep_the_worker_from_its_end() -> None:
    resolver = Resolver()

    async def ask() -> None:
        lookups = Lookups(resolver.resolve)
        waiting = asyncio.create_task(lookups.addresses("slow"))
        await asyncio.to_thread(resolver.came.acquire)
        await lookups.close()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    asyncio.run(ask())
    resolver.answer.set()


@pytest.mark.parametrize("name", ["unknown", "empty"])
def test_a_name_without_an_address_is_a_failure(name: str) -> None:
    async def ask() -> None:
        await Lookups(Resolver().resolve).addresses(name)

    with pytest.raises(Failed, match="dns failure"):
        asyncio.run(ask())
