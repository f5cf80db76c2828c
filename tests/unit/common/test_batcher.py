"""Sets of an event loop: they form by themselves, and everybody gets what is his."""

import asyncio
import weakref

from common.batch import Batcher


async def double(items: list[int]) -> list[int]:
    if -1 in items:
        raise RuntimeError("poison")
    return [2 * item for item in items]


async def forget_the_first(items: list[int]) -> list[int]:
    return items[1:]


def test_what_comes_while_the_writers_are_busy_is_the_next_set() -> None:
    sets: list[list[int]] = []

    async def main() -> list[int]:
        began, gate = asyncio.Event(), asyncio.Event()

        async def handle(items: list[int]) -> list[int]:
            sets.append(items)
            began.set()
            await gate.wait()
            return await double(items)

        batcher = Batcher(handle, most=8, writers=1)
        tasks = [asyncio.create_task(batcher.submit(0))]
        await began.wait()
        tasks += [asyncio.create_task(batcher.submit(number)) for number in range(1, 11)]
        await asyncio.sleep(0)  # each gets as far as it can
        gate.set()
        results = await asyncio.gather(*tasks)
        await batcher.close()
        return results

    assert asyncio.run(main()) == [2 * number for number in range(11)]
    assert [len(items) for items in sets] == [1, 8, 2]


def test_one_alone_waits_for_nobody() -> None:
    async def main() -> int:
        batcher = Batcher(double)
        result = await batcher.submit(1)
        await batcher.close()
        return result

    assert asyncio.run(main()) == 2


def test_the_exception_of_a_set_is_its_callers_and_the_next_set_is_done() -> None:
    async def main() -> list[int | BaseException]:
        batcher = Batcher(double, writers=1)
        both = await asyncio.gather(batcher.submit(-1), batcher.submit(2), return_exceptions=True)
        after = await batcher.submit(3)
        await batcher.close()
        return [*both, after]

    assert [str(one) for one in asyncio.run(main())] == ["poison", "poison", "6"]


def test_a_handler_that_forgets_somebody_leaves_nobody_waiting() -> None:
    async def main() -> list[int | BaseException]:
        batcher = Batcher(forget_the_first, writers=1)
        both = await asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True)
        after = await asyncio.gather(batcher.submit(3), return_exceptions=True)
        await batcher.close()
        return [*both, *after]

    assert {type(one) for one in asyncio.run(main())} == {ValueError}


def test_a_caller_that_goes_away_costs_the_others_nothing() -> None:
    async def main() -> int:
        gate = asyncio.Event()

        async def handle(items: list[int]) -> list[int]:
            await gate.wait()
            return items

        batcher = Batcher(handle, writers=1)
        gone = asyncio.create_task(batcher.submit(1))
        stays = asyncio.create_task(batcher.submit(2))
        await asyncio.sleep(0)
        gone.cancel()
        gate.set()
        result = await stays
        await batcher.close()
        return result

    assert asyncio.run(main()) == 2


def test_who_has_gone_away_before_his_turn_is_left_out() -> None:
    """He was told that it may not be done; and a set of nobody is not handled."""
    sets: list[list[int]] = []

    async def main() -> None:
        began, gate = asyncio.Event(), asyncio.Event()

        async def handle(items: list[int]) -> list[int]:
            sets.append(items)
            began.set()
            await gate.wait()
            return items

        batcher = Batcher(handle, most=2, writers=1)
        tasks = [asyncio.create_task(batcher.submit(number)) for number in range(2)]
        await began.wait()
        tasks += [asyncio.create_task(batcher.submit(number)) for number in range(2, 7)]
        await asyncio.sleep(0)
        for gone in (tasks[2], tasks[3], tasks[4]):
            gone.cancel()
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.close()

    asyncio.run(main())

    assert sets == [[0, 1], [5], [6]]


def test_closing_ends_the_writers() -> None:
    async def main() -> set[bool]:
        batcher = Batcher(double)
        await batcher.submit(1)
        await batcher.close()
        return {task.done() for task in batcher._tasks}

    assert asyncio.run(main()) == {True}


def test_what_is_done_is_held_no_more_while_nothing_comes() -> None:
    """A set of the API's may be four messages of 40 MB."""

    class Item:
        pass

    async def handle(items: list[Item]) -> list[None]:
        return [None] * len(items)

    async def main() -> bool:
        batcher = Batcher(handle, writers=1)
        item = Item()
        held = weakref.ref(item)
        await batcher.submit(item)
        del item
        await asyncio.sleep(0)  # the writer goes on to wait
        gone = held() is None
        await batcher.close()
        return gone

    assert asyncio.run(main())
