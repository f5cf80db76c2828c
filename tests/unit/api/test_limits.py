"""One count among those who asked at the same time."""

import time

from common import ids
from services.api.counts import HOUR, Count
from services.api.limits import Ask, Window, shared

ORGANIZATION = ids.new()


def ask(cost: int = 1) -> Ask:
    return Ask(ORGANIZATION, limit=10, cost=cost)


def in_an_hour() -> float:
    return time.time() + HOUR


def test_each_is_told_what_is_left_after_its_own() -> None:
    windows = shared([ask(), ask(), ask()], Count(granted=3, remaining=5, reset_at=in_an_hour()))

    assert [(one.granted, one.remaining) for one in windows] == [(True, 7), (True, 6), (True, 5)]


def test_the_first_get_what_there_is() -> None:
    windows = shared([ask(), ask(), ask()], Count(granted=1, remaining=0, reset_at=in_an_hour()))

    assert [one.granted for one in windows] == [True, False, False]
    assert [one.remaining for one in windows] == [0, 0, 0]


def test_a_question_costs_nothing() -> None:
    windows = shared([ask(0), ask(), ask(0)], Count(granted=1, remaining=4, reset_at=in_an_hour()))

    assert [one.remaining for one in windows] == [5, 4, 4]


def test_a_reset_is_never_now_since_waiting_no_time_would_not_help() -> None:
    [window] = shared([ask()], Count(granted=0, remaining=0, reset_at=time.time() - 5))

    assert window.reset_seconds == 1


def test_the_headers_are_those_of_the_contract() -> None:
    assert Window(limit=10, remaining=4, reset_seconds=60, granted=True).headers == {
        "ratelimit-limit": "10",
        "ratelimit-remaining": "4",
        "ratelimit-reset": "60",
    }
