"""The pace of a sender, as its messages meet it, on a real Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from services.sender.pacing import Turn
from services.sender.window import EASE, SECOND, SLOT
from tests.integration.sender.pacing_redis import Clock, Installation, MoodyRedis, waits


@pytest.fixture
def installation() -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(stack)


def test_senders_and_their_threads_share_one_rate(installation: Installation) -> None:
    paces = [installation.pace() for _ in range(4)]
    paces[0].allow(200, None)

    def work(number: int) -> list[tuple[int, Turn]]:
        costs = [1 + (number + i) % 5 for i in range(20)]
        return [(cost, paces[number % 4].reserve([cost])[0]) for cost in costs]

    with ThreadPoolExecutor(32) as pool:
        turns = [turn for done in pool.map(work, range(32)) for turn in done]

    slots, two_seconds = installation.window()["slots"], 2 * SECOND // SLOT
    granted = sum(cost for cost, turn in turns if turn.wait_seconds is not None)
    assert {turn.reason for _, turn in turns} == {"", "rate"}
    assert granted > 2.2 * 200
    assert max(sum(slots[i : i + two_seconds]) for i in range(len(slots))) <= 400


def test_messages_that_ask_together_are_one_question(installation: Installation) -> None:
    client = MoodyRedis()
    shared = installation.pace(client)
    shared.allow(5000, None)

    before = client.asked
    turns = shared.reserve([1, 2, 3] * 10)

    assert len(waits(turns)) == 30
    assert client.asked - before == 1
    shared.close()
    client.close()


def test_each_gets_his_own_turn(installation: Installation) -> None:
    one, other = installation.pace(clock=Clock()), installation.pace(clock=Clock())
    one.allow(10, None)

    first, second, third = one.reserve([5])[0], other.reserve([5])[0], one.reserve([1])[0]

    assert first == Turn(0.0, "")
    assert 0 < waits([second])[0] < waits([third])[0] <= 1 / EASE
    assert one.reserve([50])[0].wait_seconds
    assert other.reserve([1])[0] == Turn(None, "rate")


def test_nothing_is_granted_before_ses_has_told_what_it_allows(installation: Installation) -> None:
    new = installation.pace()

    assert new.reserve([1])[0] == Turn(None, "rate")
    assert new.share == 0


def test_hold_back_holds_everybody_back(installation: Installation) -> None:
    one, other = installation.pace(), installation.pace()
    one.allow(5000, None)

    one.hold_back(60)

    assert one.reserve([1])[0] == Turn(None, "rate")
    assert other.reserve([1])[0] == Turn(None, "rate")


def test_the_quota_is_one_for_all(installation: Installation) -> None:
    paces = [installation.pace(), installation.pace()]
    paces[0].allow(5000, 10)

    turns = [paces[i % 2].reserve([1])[0] for i in range(14)]
    paces[1].allow(5000, None)

    assert [turn.reason for turn in turns] == [""] * 10 + ["quota"] * 4
    assert paces[0].reserve([1])[0].reason == ""


def test_the_share_is_the_rate_by_the_senders_that_live(installation: Installation) -> None:
    one, other = installation.pace(), installation.pace()
    one.allow(14, None)
    alone = one.share
    other.allow(14, None)

    one.reserve([1])[0]
    together = one.share
    other.close()
    one.reserve([1])[0]

    assert (alone, together, one.share) == (14, 7, 14)


def test_a_redis_that_forgot_everything_goes_on_where_it_was(installation: Installation) -> None:
    """Its rate, its quota, its senders, and what was granted."""
    one, other = (installation.pace(clock=Clock()) for _ in range(2))
    one.allow(50, 1000)
    other.allow(50, 1000)
    before = waits([pace.reserve([5])[0] for _ in range(8) for pace in (one, other)])

    installation.forget()
    after = waits([pace.reserve([5])[0] for pace in (other, one)])

    assert len(before) == 16
    assert after[1] > after[0] > before[-1] / 2  # Redis's own clock has gone on meanwhile
    assert installation.window()["quota"] == 1000 - 18 * 5
    assert (one.share, other.share) == (25, 25)


def test_a_closed_pace_grants_nothing_and_does_not_raise(installation: Installation) -> None:
    sender = installation.pace()
    sender.allow(100, None)

    sender.close()
    sender.hold_back(1)

    assert sender.reserve([1])[0] == Turn(None, "rate")
