"""Senders of one Redis that goes, comes back and forgets: together never above the rate."""

import os
from collections.abc import Iterator

import pytest
import redis
from hypothesis import given, settings, strategies as st

from services.sender.window import EASE, SECOND
from tests.conftest import REDIS
from tests.integration.sender.pacing_redis import PREFIX, Senders, forget
from tests.unit.sender.pacing_laws import START, recipients, too_many


@pytest.fixture(scope="module")
def client() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(os.environ[REDIS])
    yield client
    forget(client, PREFIX)
    client.close()


steps = st.lists(st.tuples(st.integers(0, SECOND), st.lists(recipients, max_size=4)), max_size=12)
phases = st.lists(
    st.tuples(st.sampled_from(["together", "away", "forgot"]), steps), min_size=1, max_size=5
)


@settings(max_examples=40)
@given(st.integers(2, 4), st.sampled_from([8, 14, 50, 200, 5000]), phases)
def test_the_rate_holds_while_redis_goes_and_comes_and_forgets(
    client: "redis.Redis",
    number: int,
    rate: int,
    phases: list[tuple[str, list]],  # type: ignore[type-arg]
) -> None:
    """All senders ask for the same at each step. (A share holds at least one mail: 8 / 4 x 2 s.)"""
    senders = Senders(client, number, rate)

    for phase, steps in phases:
        if phase == "forgot":
            senders.forget()
        for pause, costs in steps:
            senders.time.now += pause
            for sender in range(number):
                fitting = [cost for cost in costs if cost * number <= 2 * rate]
                senders.asked(sender, *fitting, away=phase == "away")
            senders.hear(phase)

    assert too_many(senders.granted, rate) == []


def test_the_rate_holds_while_some_have_found_redis_again_and_some_have_not(
    client: "redis.Redis",
) -> None:
    senders = Senders(client, 3, 30)
    senders.asked(0, *[1] * 50)
    senders.hear()

    for found in (0, 1, 2, 3):
        for _ in range(80):
            senders.time.now += SECOND // 30
            for sender in range(3):
                senders.asked(sender, *[1] * 3, away=sender >= found)

    after = [one for one in senders.granted if one.at > START + 9 * SECOND]
    assert too_many(senders.granted, 30) == []
    assert too_many(after, 30 * 0.85) != []


def test_a_redis_that_forgot_learns_what_was_granted(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 100)
    before = senders.asked(0, *[1] * 50) + senders.asked(1, *[1] * 50)

    senders.forget()
    (after,) = senders.asked(1, 1, pause=SECOND // 10)

    assert before[-1].at < after.at


def test_the_second_who_tells_adds_what_the_first_could_not_know(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 100)
    unknown_to_1 = senders.asked(0, *[1] * 50)

    senders.forget()
    senders.asked(1, *[1] * 50)
    (after,) = senders.asked(0, 1)

    assert after.at > unknown_to_1[-1].at
    assert sum(senders.windows[0]._believed.slots.values()) == 101


def test_what_both_know_is_not_counted_twice(client: "redis.Redis") -> None:
    """But for the last slot, 50 ms of it."""
    senders = Senders(client, 2, 100)
    senders.asked(0, *[1] * 50)
    senders.hear()

    senders.forget()
    senders.hear()

    assert 50 <= sum(senders.windows[1]._believed.slots.values()) <= 55


def test_a_redis_that_forgot_knows_rate_quota_and_hold_again(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 100, quota=7)
    senders.windows[0].hold(START, SECOND)
    senders.hear()

    senders.forget()

    assert senders.asked(1, 8) == []
    assert [grant.at for grant in senders.asked(1, 7)] == [START + SECOND]
    assert senders.windows[1].grant(START, [1]) == ["quota"]


def test_what_was_granted_without_redis_is_told_when_it_is_back(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 100, quota=50)
    alone = senders.asked(0, 10, 10, away=True)

    (next_one,) = senders.asked(0, 1)
    believed = senders.windows[0]._believed

    assert alone[-1].at < next_one.at
    assert (believed.quota, sum(believed.slots.values())) == (50 - 21, 21)
    senders.asked(0, 1)
    assert believed.quota - senders.windows[0]._believed.quota == 1


def test_alone_is_a_share_of_the_rate(client: "redis.Redis") -> None:
    senders = Senders(client, 4, 200)

    times = [grant.at - START for grant in senders.asked(0, *[1] * 3, away=True)]

    assert times == [pytest.approx(n / (EASE * 50) * SECOND, abs=n) for n in range(3)]


def test_alone_is_a_share_of_the_quota(client: "redis.Redis") -> None:
    senders = Senders(client, 4, 5000, quota=40)

    assert [len(senders.asked(sender, *[1] * 40, away=True)) for sender in range(4)] == [10] * 4
