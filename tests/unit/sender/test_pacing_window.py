"""The pace by itself: never above the rate as SES sees it, never far below it, and fair to many."""

import json
import math
from copy import deepcopy

import pytest
from hypothesis import given, settings, strategies as st

from services.sender.window import EASE, MOST_WAIT, REACH, SECOND, SLOT, UNLIMITED, Window
from tests.unit.sender.pacing_laws import (
    START,
    Grant,
    InPython,
    arrivals,
    grants,
    in_order,
    play,
    rates,
    recipients,
    saturate,
    too_many,
)

few = settings(max_examples=30)
APART = SECOND // 4
"""Microseconds by which delays may differ: 100 ms in our own hands, 150 ms of the network."""
quick = st.lists(st.integers(0, APART - 1), min_size=1, max_size=20)
"""Microseconds from a mail's time to go until SES sees it."""


def allowed(rate: float, quota: float = UNLIMITED) -> Window:
    return Window(rate, quota)


@given(rates, arrivals, quick)
def test_ses_sees_no_2_seconds_above_the_rate(
    rate: float, sets: list[tuple[int, list[int]]], delays: list[int]
) -> None:
    granted = play(InPython(), rate, sets)

    seen = [Grant(one.at + delays[i % len(delays)], one.cost) for i, one in enumerate(granted)]

    assert too_many(seen, rate) == []


@pytest.mark.parametrize(("rate", "cost"), [(200, 1), (10, 6)])
def test_nor_where_all_of_a_stream_that_went_before_a_moment_is_late(rate: int, cost: int) -> None:
    granted = play(InPython(), rate, [(100_000, [cost] * 20)] * 60)

    for held in granted[:: max(1, rate // 10)]:
        seen = [Grant(one.at + (APART - 1) * (one.at < held.at), one.cost) for one in granted]

        assert too_many(seen, rate) == []


@few
@given(rates, arrivals)
def test_times_to_go_are_in_the_order_of_the_asking(
    rate: float, sets: list[tuple[int, list[int]]]
) -> None:
    assert in_order(play(InPython(), rate, sets))


@pytest.mark.parametrize("rate", [1, 1.5, 2, 14, 200, 999.5, 5000])
def test_a_stream_gets_six_sevenths_of_the_rate(rate: float) -> None:
    """Of a rate that is no half number, of the mails that fit into 2 s."""
    granted = saturate(InPython(), rate, 12, at_once=max(4, int(rate)))

    begun = [one for one in granted if one.at < granted[0].at + 12 * SECOND]

    assert 6 / 7 * math.floor(2 * rate) / 2 * 12 <= len(begun) <= rate * 12
    assert too_many(granted, rate, REACH) == []


@few
@given(rates, arrivals, recipients)
def test_nobody_waits_longer_than_5_seconds(
    rate: float, sets: list[tuple[int, list[int]]], many: int
) -> None:
    limiter = InPython()
    now = START + sum(pause for pause, _ in sets)
    play(limiter, rate, sets)

    (verdict,) = limiter.grant(now, [many])

    assert verdict == "rate" or (isinstance(verdict, int) and 0 <= verdict <= MOST_WAIT)


@few
@given(rates, arrivals, st.integers(2, 50))
def test_a_mail_to_many_is_refused_only_where_a_mail_to_one_would_be(
    rate: float, sets: list[tuple[int, list[int]]], many: int
) -> None:
    """So that a stream of small mails cannot starve it."""
    limiter = InPython()
    now = START + sum(pause for pause, _ in sets)
    play(limiter, rate, sets)
    twin = deepcopy(limiter)

    (of_one,), (of_many,) = limiter.grant(now, [1]), twin.grant(now, [many])

    assert (of_one == "rate") == (of_many == "rate")


@few
@given(rates, arrivals)
def test_what_is_refused_leaves_no_trace(rate: float, sets: list[tuple[int, list[int]]]) -> None:
    window = allowed(rate, quota=100)
    now = START
    for pause, costs in sets:
        now += pause
        window.grant(now, costs)
    before = deepcopy(window)

    verdicts = window.grant(now, [101])

    assert verdicts == ["quota"]
    assert window == before


def test_a_mail_to_more_than_2_seconds_hold_goes_alone() -> None:
    window = allowed(rate=10)

    first, many, after = window.grant(START, [1, 50, 1])

    assert first == 0
    assert isinstance(many, int)
    assert REACH <= many <= REACH + SLOT
    assert after == "rate"
    assert window.grant(START + many + 3 * SECOND, [1]) == [
        pytest.approx(50 / (EASE * 10) * SECOND - 3 * SECOND, abs=1)
    ]


def test_one_a_second_is_two_in_two_seconds() -> None:
    first, second, third, fourth = allowed(rate=1).grant(START, [1, 1, 1, 1])

    assert first == 0
    assert second == pytest.approx(SECOND / EASE, abs=1)
    assert isinstance(third, int)
    assert REACH <= third <= REACH + SLOT
    assert fourth == "rate"


@few
@given(st.integers(0, 60), st.lists(recipients, max_size=60))
def test_the_quota_is_spent_to_the_last_recipient_and_not_beyond(
    quota: int, costs: list[int]
) -> None:
    window = allowed(5000, quota)

    granted = grants(START, costs, window.grant(START, costs))

    left = quota - sum(one.cost for one in granted)
    assert window.quota == left >= 0
    assert window.grant(START + 9 * SECOND, [left + 1]) == ["quota"]
    assert window.grant(START + 9 * SECOND, [1]) == ([0] if left else ["quota"])


def test_a_quota_told_anew_is_less_what_went_just_now() -> None:
    """SES cannot have counted it yet."""
    window = allowed(100)
    window.grant(START, [7, 5])

    window.allow(START + SECOND, 100, 20)
    soon = window.quota
    window.allow(START + 4 * SECOND, 100, 20)

    assert (soon, window.quota) == (8, 20)


def test_a_higher_rate_is_used_at_once() -> None:
    window = allowed(rate=1)
    assert window.grant(START, [2, 1]) == [0, pytest.approx(2 / EASE * SECOND, abs=SLOT)]

    window.allow(START + 1, 1000, UNLIMITED)

    verdicts = window.grant(START + 3 * SECOND, [1, 1])
    assert verdicts == [0, pytest.approx(SECOND / (EASE * 1000), abs=2)]


@few
@given(st.integers(1, 20), arrivals)
def test_a_lower_rate_counts_what_went_at_the_higher(
    lower: int, sets: list[tuple[int, list[int]]]
) -> None:
    limiter = InPython()
    before = play(limiter, 200, sets)
    now = START + sum(pause for pause, _ in sets)
    limiter.allow(now, lower, UNLIMITED)

    (verdict,) = limiter.grant(now, [1])

    if isinstance(verdict, int):
        go = now + verdict
        assert sum(one.cost for one in before if one.at > go - REACH) + 1 <= 2 * lower


@few
@given(rates, arrivals)
def test_a_window_is_the_same_after_a_journey(
    rate: float, sets: list[tuple[int, list[int]]]
) -> None:
    limiter = InPython()
    play(limiter, rate, sets)
    now = START + sum(pause for pause, _ in sets)

    travelled = Window.of_wire(json.loads(json.dumps(limiter.window.wire(now))))

    assert limiter.window == travelled
