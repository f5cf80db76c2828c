"""The gate of a sender: a call goes at its turn, and one that was held up takes another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

import pytest

from common import aws, ids
from services.sender.account import Account
from services.sender.gate import Gate
from services.sender.jobs import Claimed
from tests.integration.sender.pacing_redis import Installation, MoodyRedis

MESSAGE = Claimed({"recipients": [{"email": "jo@example.com"}]}, ids.new())
FULL = 28
"""Turns of 100 a second: more than 3/23 of two seconds."""
A_WHILE, LONG = 0.12, 3.0
"""Seconds: more than a call may be late as a rule, and ever."""


@pytest.fixture
def installation() -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(stack)


def live(
    installation: Installation,
    story: Callable[[Gate], Awaitable[None]],
    client: MoodyRedis | None = None,
) -> int:
    """A gate of 100 a second, while the story is told; how many turns it has taken."""
    pace = installation.pace(client)
    pace.allow(100, None)
    account = Account(aws.client(installation.settings, "sesv2"), pace.allow)

    async def main() -> None:
        gate = Gate(account, pace)
        await story(gate)
        await gate.close()

    asyncio.run(main())
    return int(sum(installation.window()["slots"]))


def test_a_call_goes_at_its_turn_and_not_before(installation: Installation) -> None:
    async def story(gate: Gate) -> None:
        for _ in range(5):
            moment = await gate.wait(MESSAGE)
            assert moment is not None
            assert await gate.go(MESSAGE, moment)
            assert time.monotonic() >= moment

    assert live(installation, story) == 5


@pytest.mark.parametrize(
    ("before", "late", "again"),
    [
        pytest.param(FULL, A_WHILE, 1, id="so that no two seconds have more than their rate"),
        pytest.param(0, A_WHILE, 0, id="not where so little goes that it does not matter"),
        pytest.param(0, LONG, 1, id="whatever goes, when it was long ago"),
    ],
)
def test_one_that_was_held_up_takes_another_turn(
    installation: Installation, before: int, late: float, again: int
) -> None:
    async def story(gate: Gate) -> None:
        await asyncio.gather(*(gate.wait(MESSAGE) for _ in range(before)))
        moment = await gate.wait(MESSAGE)
        assert moment is not None
        assert await gate.go(MESSAGE, moment - late)

    assert live(installation, story) == before + 1 + again


def test_one_that_was_held_up_stays_where_nothing_may_be_sent_by_now(
    installation: Installation,
) -> None:
    async def story(gate: Gate) -> None:
        moment = await gate.wait(MESSAGE)
        assert moment is not None
        installation.pace().hold_back(60)
        assert not await gate.go(MESSAGE, moment - LONG)

    live(installation, story)


def test_messages_that_wait_together_are_one_question(installation: Installation) -> None:
    client = MoodyRedis()

    async def story(gate: Gate) -> None:
        await gate.wait(MESSAGE)
        before = client.asked
        await asyncio.gather(*(gate.wait(MESSAGE) for _ in range(20)))
        assert client.asked - before == 1

    assert live(installation, story, client) == 21
    client.close()
