"""One suite for the pace in Redis, the pace of a sender without Redis, and the pure algorithm."""

import math
import os
import secrets
from collections.abc import Callable, Iterator

import pytest
import redis
from hypothesis import given, settings, strategies as st

from services.sender.window import EASE, REACH, SECOND, SLOT, UNLIMITED
from tests.conftest import REDIS
from tests.integration.sender.pacing_redis import PREFIX, Alone, Time, TimedWindow, forget
from tests.unit.sender.pacing_laws import (
    START,
    InPython,
    Limiter,
    arrivals,
    grants,
    in_order,
    play,
    rates,
    saturate,
    too_many,
)

Make = Callable[[], Limiter]


@pytest.fixture(scope="module")
def client() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(os.environ[REDIS])
    yield client
    forget(client, PREFIX)
    client.close()


def fresh() -> str:
    """A prefix of one example's own."""
    return f"{PREFIX}-{secrets.token_hex(6)}"


@pytest.fixture(scope="module", params=["python", "redis", "alone"])
def make(request: pytest.FixtureRequest, client: "redis.Redis") -> Make:
    makers: dict[str, Make] = {
        "python": InPython,
        "redis": lambda: TimedWindow(client, fresh(), Time()),
        "alone": lambda: Alone(client, fresh(), Time()),
    }
    return makers[request.param]


few = settings(max_examples=30)


@few
@given(rates, arrivals)
def test_no_reach_is_above_the_rate(
    make: Make, rate: float, sets: list[tuple[int, list[int]]]
) -> None:
    granted = play(make(), rate, sets)

    assert too_many(granted, rate, REACH) == []
    assert in_order(granted)


@pytest.mark.parametrize("rate", [1, 14, 200, 5000])
def test_a_stream_gets_six_sevenths_of_the_rate(make: Make, rate: int) -> None:
    granted = saturate(make(), rate, 6, at_once=max(4, rate // 8))

    begun = [one for one in granted if one.at < granted[0].at + 6 * SECOND]

    assert math.floor(6 / 7 * rate * 6) <= len(begun) <= rate * 6
    assert too_many(granted, rate, REACH) == []


def test_a_mail_to_more_than_2_seconds_hold_goes_alone(make: Make) -> None:
    limiter = make()
    limiter.allow(START, 10, UNLIMITED)

    first, many, after = limiter.grant(START, [1, 50, 1])

    assert (first, after) == (0, "rate")
    assert isinstance(many, int)
    assert REACH <= many <= REACH + SLOT


def test_the_quota_is_spent_to_the_last_recipient_and_not_beyond(make: Make) -> None:
    limiter = make()
    limiter.allow(START, 5000, 10)

    verdicts = limiter.grant(START, [4, 7, 6, 1])
    limiter.allow(START + 9 * SECOND, 5000, 1)

    assert len(grants(START, [4, 7, 6, 1], verdicts)) == 2
    assert (verdicts[1], verdicts[3]) == ("quota", "quota")
    assert limiter.grant(START + 9 * SECOND, [1, 1]) == [0, "quota"]


def test_nobody_goes_before_the_hold_ends(make: Make) -> None:
    limiter = make()
    limiter.allow(START, 100, UNLIMITED)

    limiter.hold(START, 2 * SECOND)
    limiter.hold(START, SECOND)
    soon = limiter.grant(START, [1])
    limiter.hold(START, 10 * SECOND)

    assert soon == [2 * SECOND]
    assert limiter.grant(START, [1]) == ["rate"]


def test_nothing_goes_while_nobody_knows_the_rate(make: Make) -> None:
    assert make().grant(START, [1, 2]) == ["rate", "rate"]


def test_a_new_rate_holds_at_once(make: Make) -> None:
    limiter = make()
    limiter.allow(START, 1, UNLIMITED)
    limiter.grant(START, [2])

    limiter.allow(START, 100, UNLIMITED)
    faster = limiter.grant(START, [1, 1])
    limiter.allow(START, 1, UNLIMITED)
    slower = limiter.grant(START, [1])

    assert faster == [pytest.approx(n / (EASE * 100) * SECOND, abs=n - 1) for n in (2, 3)]
    assert slower == [pytest.approx(REACH + SLOT, abs=SLOT)]


orders = st.one_of(
    st.tuples(st.just("grant"), st.lists(st.integers(1, 50), min_size=1, max_size=20)),
    st.tuples(st.just("grant"), st.just([1] * 40)),
    st.tuples(st.just("allow"), st.tuples(rates, st.sampled_from([UNLIMITED, 0, 40, 2000]))),
    st.tuples(st.just("hold"), st.integers(1, 3 * SECOND)),
)
stories = st.lists(st.tuples(st.integers(0, 3 * SECOND), orders), max_size=25)


@settings(max_examples=40)
@given(rates, stories)
def test_redis_decides_as_python_does(client: "redis.Redis", rate: float, story: list) -> None:  # type: ignore[type-arg]
    """To the microsecond, whatever happens, and with the same window in the end."""
    pure, shared = InPython(), TimedWindow(client, fresh(), Time())
    now = START
    for limiter in (pure, shared):
        limiter.allow(now, rate, UNLIMITED)

    for pause, (what, given_) in story:
        now += pause
        if what == "grant":
            assert pure.grant(now, given_) == shared.grant(now, given_)
        else:
            arguments = given_ if isinstance(given_, tuple) else (given_,)
            getattr(pure, what)(now, *arguments)
            getattr(shared, what)(now, *arguments)

    pure.window.forget(now)
    shared.grant(now, [])
    assert pure.window == shared._believed
