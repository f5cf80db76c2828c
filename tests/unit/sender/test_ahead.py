"""How many messages are started before a call is free for them."""

import asyncio

import pytest

from services.sender.ahead import Ahead, Usual

CALLS = 32


def ahead(start: float, call: float) -> Ahead:
    """Of a sender whose starts and calls usually take so many seconds."""
    found = Ahead(CALLS)
    found.start, found.call = Usual(start), Usual(call)
    return found


@pytest.mark.parametrize(
    ("start", "call", "more"),
    [
        pytest.param(0.01, 1.0, 1, id="one at least, or a call would stand empty for each start"),
        pytest.param(0.01, 0.1, 4, id="as many as calls that end meanwhile"),
        pytest.param(0.5, 0.1, 16, id="half as many as calls at most"),
    ],
)
def test_the_slower_ses_is_the_fewer_are_ahead(start: float, call: float, more: int) -> None:
    assert ahead(start, call).most == CALLS + more


@pytest.mark.parametrize(("start", "lead"), [(0.01, 0.02), (3.0, 0.1)])
def test_a_message_is_started_two_sets_before_its_turn_and_never_long(
    start: float, lead: float
) -> None:
    assert ahead(start, 1.0).lead_seconds == lead


def test_usual_is_what_it_took_lately_however_it_ended() -> None:
    usual = Usual(1000.0)

    for _ in range(100):
        with pytest.raises(ZeroDivisionError), usual.taking():
            _ = 1 / 0

    assert usual.seconds < 10


def test_who_finds_no_place_has_the_next_that_is_free() -> None:
    async def stay(before: Ahead, entered: asyncio.Queue[int], leave: asyncio.Event) -> None:
        async with before.place():
            entered.put_nowait(1)
            await leave.wait()

    async def come_late() -> None:
        before, leave = ahead(0.01, 1.0), asyncio.Event()
        entered = asyncio.Queue[int]()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            for _ in range(before.most):
                tasks.create_task(stay(before, entered, leave))
            for _ in range(before.most):
                await entered.get()
            tasks.create_task(stay(before, entered, leave))
            await asyncio.sleep(0)
            assert entered.empty()

            leave.set()
            await entered.get()

    asyncio.run(come_late())


def test_who_is_cancelled_leaves_the_place() -> None:
    async def be_cancelled() -> None:
        before = ahead(0.01, 1.0)
        for _ in range(2 * before.most):
            with pytest.raises(asyncio.CancelledError):
                async with asyncio.timeout(30), before.place():
                    raise asyncio.CancelledError

    asyncio.run(be_cancelled())
