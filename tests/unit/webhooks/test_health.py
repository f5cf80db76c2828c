"""When an endpoint's circuit opens and closes, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from services.webhooks.health import (
    DISABLED_AFTER,
    LONGEST_PAUSE,
    OPENS_AFTER,
    SHORTEST_PAUSE,
    Health,
    Sign,
    after,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD, FAILED, GONE = Sign.GOOD, Sign.FAILED, Sign.GONE


def failing(failures: int, since: datetime = NOW) -> Health:
    return after(Health(failures - 1, since), [FAILED], NOW)


def test_a_failure_is_counted_from_its_first() -> None:
    first = after(Health(), [FAILED], NOW)
    second = after(first, [FAILED], NOW + HOUR)

    assert first == Health(1, NOW)
    assert second == Health(2, NOW)


def test_one_good_attempt_forgets_all() -> None:
    assert after(failing(500), [GOOD], NOW) == Health()


def test_what_comes_after_the_good_one_counts_anew() -> None:
    assert after(failing(9), [FAILED, GOOD, FAILED, FAILED], NOW + HOUR) == Health(2, NOW + HOUR)


def test_the_circuit_opens_at_the_tenth_failure_in_a_row() -> None:
    assert not failing(OPENS_AFTER - 1).is_open
    assert failing(OPENS_AFTER).is_open


def test_a_failed_probe_puts_the_next_one_off() -> None:
    opened = failing(OPENS_AFTER)
    probed = after(opened, [FAILED], NOW + SHORTEST_PAUSE)

    assert opened.probe_at == NOW + SHORTEST_PAUSE
    assert probed.probe_at == NOW + 2 * SHORTEST_PAUSE


@pytest.mark.parametrize(
    ("failed_for", "pause"),
    [
        (timedelta(0), SHORTEST_PAUSE),
        (timedelta(minutes=8), timedelta(minutes=2)),
        (timedelta(days=4), LONGEST_PAUSE),
    ],
)
def test_the_longer_it_fails_the_rarer_are_probes(failed_for: timedelta, pause: timedelta) -> None:
    assert failing(OPENS_AFTER, NOW - failed_for).probe_at == NOW + pause


def test_many_attempts_that_end_at_one_moment_make_no_long_pause() -> None:
    assert after(Health(), [FAILED] * 64, NOW).probe_at == NOW + SHORTEST_PAUSE


def test_five_days_of_nothing_but_failure_disable_it() -> None:
    almost = NOW - DISABLED_AFTER + timedelta(seconds=1)

    assert failing(30, almost).disabled_reason is None
    assert failing(30, NOW - DISABLED_AFTER).disabled_reason == "failing"


def test_gone_disables_it_at_once() -> None:
    assert after(Health(), [GONE], NOW).disabled_reason == "gone"


def test_what_is_disabled_stays_so_whatever_is_still_under_way() -> None:
    assert after(Health(), [GONE, GOOD, FAILED], NOW).disabled_reason == "gone"


@given(st.lists(st.sampled_from([GOOD, FAILED])), st.lists(st.sampled_from([GOOD, FAILED])))
def test_it_does_not_matter_how_attempts_are_put_into_sets(
    first: list[Sign], second: list[Sign]
) -> None:
    assert after(after(Health(), first, NOW), second, NOW) == after(Health(), first + second, NOW)
