"""Sets of threads: they form by themselves, and everybody gets what is his."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.batch import Group
from tests.waiting import eventually


class Double:
    """Doubles each number, waits at the gate with the first set, remembers the sets."""

    def __init__(self) -> None:
        self.sets: list[list[int]] = []
        self.gate = threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.sets.append(items)
        if len(self.sets) == 1:
            assert self.gate.wait(10)
        if -1 in items:
            raise RuntimeError("poison")
        return [2 * item for item in items]


@pytest.fixture
def double() -> Double:
    return Double()


def forget_the_first(items: list[int]) -> list[int]:
    return items[1:]


def test_what_comes_while_a_set_is_under_way_is_the_next_set(double: Double) -> None:
    group = Group("test", double, most=64)

    with ThreadPoolExecutor(11) as pool:
        first = pool.submit(group.submit, 0)
        eventually(lambda: double.sets)
        others = [pool.submit(group.submit, number) for number in range(1, 11)]
        eventually(lambda: group._waiting.qsize() == 10)
        double.gate.set()
        results = [future.result() for future in [first, *others]]
    group.close()

    assert results == [2 * number for number in range(11)]
    assert [len(items) for items in double.sets] == [1, 10]


def test_a_set_is_no_larger_than_it_may_be(double: Double) -> None:
    group = Group("test", double, most=4)

    with ThreadPoolExecutor(11) as pool:
        pool.submit(group.submit, 0)
        eventually(lambda: double.sets)
        for number in range(1, 11):
            pool.submit(group.submit, number)
        eventually(lambda: group._waiting.qsize() == 10)
        double.gate.set()
    group.close()

    assert [len(items) for items in double.sets] == [1, 4, 4, 2]


def test_the_exception_of_a_set_is_its_callers_and_the_next_set_is_done(double: Double) -> None:
    group = Group("test", double)
    double.gate.set()

    with pytest.raises(RuntimeError, match="poison"):
        group.submit(-1)
    assert group.submit(1) == 2
    group.close()


def test_a_handler_that_forgets_somebody_leaves_nobody_waiting() -> None:
    group = Group("test", forget_the_first)

    for item in (1, 2):
        with pytest.raises(ValueError, match="zip"):
            group.submit(item)
    group.close()


def test_closing_finishes_what_was_submitted(double: Double) -> None:
    group = Group("test", double, most=2)

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(group.submit, number) for number in range(5)]
        eventually(lambda: double.sets and group._waiting.qsize() + len(double.sets[0]) == 5)
        closing = pool.submit(group.close)
        double.gate.set()
        results = [future.result() for future in futures]
        closing.result()

    assert results == [0, 2, 4, 6, 8]
    assert not group._thread.is_alive()


def test_nobody_waits_for_a_group_that_is_closed(double: Double) -> None:
    group = Group("test", double)
    group.close()

    with pytest.raises(RuntimeError, match="closed"):
        group.submit(1)
