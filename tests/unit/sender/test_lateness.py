"""Whose fault it is that a message leaves late."""

import pytest

from services.sender.lateness import Lateness
from tests.growth import Growth
from tests.hand_clock import Time

NAME = "postroom_due_to_first_call_seconds_count"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def lateness(time: Time) -> Lateness:
    return Lateness(time)


def counted(lateness: Lateness, seconds: float) -> str:
    growth = Growth()
    lateness.observe(seconds)
    ((quota,), number) = next(iter(growth.all(NAME).items()))
    assert number == 1
    return quota


@pytest.mark.parametrize("seconds", [-0.1, 0, 0.2, 60])
def test_late_is_our_fault_where_nothing_had_to_wait_for_ses(
    lateness: Lateness, seconds: float
) -> None:
    lateness.waits(0.05)

    assert counted(lateness, seconds) == "free"


def test_what_was_due_while_something_waited_for_ses_is_not(lateness: Lateness, time: Time) -> None:
    lateness.waits(0.3)
    time.now += 2

    assert counted(lateness, 1.9) == "used"
    assert counted(lateness, 1.5) == "free"


def test_a_long_wait_is_one_as_long_as_somebody_looks(lateness: Lateness, time: Time) -> None:
    """An account that has used up its quota, looked at once a second for an hour."""
    for _ in range(3600):
        lateness.waits()
        time.now += 1

    assert counted(lateness, 3600) == "used"
    assert counted(lateness, 2) == "used"


def test_what_was_late_before_anything_waited_for_ses_stays_our_fault(
    lateness: Lateness, time: Time
) -> None:
    """No sender ran for a minute, and what had come by then does not fit into the rate."""
    time.now += 60
    lateness.waits(0.3)
    time.now += 1

    assert counted(lateness, 61) == "free"
    assert counted(lateness, 7) == "free"
    assert counted(lateness, 5) == "used"
