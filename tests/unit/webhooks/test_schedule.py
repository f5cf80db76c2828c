"""Ten attempts over three days, with jitter, and as the endpoint asks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from services.webhooks.schedule import (
    ATTEMPTS,
    DELAYS,
    LONGEST_RETRY_AFTER,
    next_attempt,
    parse_retry_after,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)

attempts_before_the_last = st.integers(min_value=0, max_value=ATTEMPTS - 1)
fractions = st.floats(min_value=0, max_value=1, exclude_max=True)
waits = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))


def in_the_middle() -> float:
    """Give the random number that makes no jitter."""
    return 0.5


def test_the_whole_journey_is_the_table_of_the_contract() -> None:
    moments = [NOW]
    while (after := next_attempt(len(moments), moments[-1], None, in_the_middle)) is not None:
        moments.append(after)

    waited = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert waited == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert moments[-1] - moments[0] == timedelta(hours=75, minutes=35, seconds=5)
    assert len(moments) == 10


def test_the_first_attempt_is_made_at_once() -> None:
    assert next_attempt(0, NOW, None, in_the_middle) == NOW


def test_a_negative_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        next_attempt(-1, NOW, None, in_the_middle)


@given(st.integers(min_value=ATTEMPTS), st.none() | waits, fractions)
def test_after_the_last_attempt_nothing_asks_for_another(
    made: int, retry_after: timedelta | None, fraction: float
) -> None:
    assert next_attempt(made, NOW, retry_after, lambda: fraction) is None


@given(attempts_before_the_last, fractions)
def test_jitter_moves_a_step_by_a_fifth_at_most(made: int, fraction: float) -> None:
    after = next_attempt(made, NOW, None, lambda: fraction)

    assert after is not None
    assert DELAYS[made] * 0.8 <= after - NOW <= DELAYS[made] * 1.2


@given(attempts_before_the_last, fractions, waits)
def test_retry_after_makes_it_later_and_never_earlier(
    made: int, fraction: float, retry_after: timedelta
) -> None:
    asked = next_attempt(made, NOW, retry_after, lambda: fraction)
    unasked = next_attempt(made, NOW, None, lambda: fraction)

    assert asked is not None
    assert unasked is not None
    assert asked >= unasked
    assert asked >= NOW + min(retry_after, DAY)


@given(attempts_before_the_last, fractions)
def test_who_is_overloaded_gets_a_minute_at_least(made: int, fraction: float) -> None:
    usual = next_attempt(made, NOW, None, lambda: fraction)
    after = next_attempt(made, NOW, None, lambda: fraction, overloaded=True)

    assert usual is not None
    assert after == max(usual, NOW + timedelta(seconds=60))


@given(attempts_before_the_last, fractions, waits)
def test_no_wait_is_longer_than_the_longest_step(
    made: int, fraction: float, retry_after: timedelta
) -> None:
    after = next_attempt(made, NOW, retry_after, lambda: fraction)

    assert after is not None
    assert after - NOW <= max(LONGEST_RETRY_AFTER, DELAYS[made] * 1.2)


@given(st.integers(min_value=0, max_value=9_999_999_999))
def test_seconds_are_read(seconds: int) -> None:
    assert parse_retry_after(str(seconds), NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 22 Nov 2026 12:01:00 GMT",
        "Sunday, 22-Nov-26 12:01:00 GMT",
        "Sun Nov 22 12:01:00 2026",
        "  Sun, 22 Nov 2026 12:01:00 GMT ",
    ],
)
def test_a_date_is_read_in_the_three_forms_of_http(date: str) -> None:
    assert parse_retry_after(date, NOW) == timedelta(minutes=1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "-5",
        "+5",
        "1.5",
        "1e3",
        "5s",
        "٣",
        "9" * 5000,
        "Sun, 22 Nov 2026 11:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Sun, 31 Feb 2027 12:00:00 GMT",
        "Sun, 22 Nov 2026 12:01:00 +0100",
        "2026-11-22T12:01:00Z",
    ],
)
def test_garbage_and_the_past_say_nothing(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} .*"))
def test_whatever_an_endpoint_writes_is_a_wait_or_nothing(value: str) -> None:
    wait = parse_retry_after(value, NOW)

    assert wait is None or wait >= timedelta(0)
