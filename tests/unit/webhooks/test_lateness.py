"""Whose fault it is that a delivery is tried late."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.webhooks.lateness import Lateness
from tests.growth import Growth
from tests.hand_clock import Time

NAME = "postroom_event_to_first_try_seconds_count"
ONE, OTHER = UUID(int=1), UUID(int=2)
LIMIT = 64


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def lateness(time: Time) -> Lateness:
    return Lateness(LIMIT, time)


def row(due: float = 990, **more: Any) -> dict[str, Any]:
    due_at = datetime.fromtimestamp(due, UTC)
    usual = {"webhook_id": ONE, "failures": 0, "attempts": 1, "ordered": False, "due_at": due_at}
    return usual | more


def counted(lateness: Lateness, one: dict[str, Any]) -> list[str]:
    growth = Growth()
    lateness.observe(one)
    return [endpoint for (endpoint,) in growth.all(NAME)]


def test_a_first_try_is_measured_from_when_it_was_due(lateness: Lateness) -> None:
    growth = Growth()
    lateness.observe(row(due=995))

    assert growth.of("postroom_event_to_first_try_seconds_sum", endpoint="well") == 5


def test_later_tries_are_not(lateness: Lateness) -> None:
    assert counted(lateness, row(attempts=2)) == []


@pytest.mark.parametrize(
    ("failures", "in_hand", "endpoint"),
    [(0, LIMIT - 1, "well"), (0, LIMIT, "held"), (1, 1, "held")],
)
def test_an_endpoint_that_fails_or_is_full_makes_its_deliveries_wait(
    lateness: Lateness, failures: int, in_hand: int, endpoint: str
) -> None:
    lateness.claimed([row(failures=failures)], Counter({ONE: in_hand}))

    assert counted(lateness, row()) == [endpoint]
    assert counted(lateness, row(webhook_id=OTHER)) == ["well"]


def test_and_what_was_due_before_it_did_well_again_but_nothing_after(
    lateness: Lateness, time: Time
) -> None:
    lateness.claimed([row(failures=1)], Counter({ONE: 1}))
    time.now = 1010

    assert counted(lateness, row(due=999)) == ["held"]
    assert counted(lateness, row(due=1001)) == ["well"]


def test_who_asked_for_order_waits_for_it(lateness: Lateness) -> None:
    assert counted(lateness, row(ordered=True)) == ["held"]


def test_endpoints_of_long_ago_are_forgotten(lateness: Lateness, time: Time) -> None:
    lateness.claimed([row(failures=1)], Counter({ONE: 1}))
    time.now += 7200
    many = [row(webhook_id=UUID(int=number), failures=1) for number in range(10, 10_020)]
    lateness.claimed(many, Counter())

    assert counted(lateness, row()) == ["well"]
