"""Horizon: what is proven, and that it is never more than what is true."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from common.letterbox import Counts, Letter
from services.status.horizon import BACKLOG, PAUSE, SKEW, SLACK, Horizon
from services.status.parse import NoEvent, Parsed, parse
from tests import ses

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HIDDEN = timedelta(seconds=30)
WINDOW = 2 * HIDDEN + SLACK
SECOND = timedelta(seconds=1)
MARGIN = timedelta(seconds=60)

EVENT = parse(ses.event("send", "ses-1"))
POISON = NoEvent("unreadable", "not JSON", "x", "x")


def letter(sent_at: datetime, *, readable: bool = True) -> Letter[Parsed]:
    return Letter(EVENT if readable else POISON, "receipt", 1, sent_at)


def counts(letters: int) -> Counts:
    return Counts(letters, HIDDEN)


def flowing(horizon: Horizon, begin: datetime, end: datetime, *letters: Letter[Parsed]) -> None:
    """A receive each two seconds, each with a new letter, the first one also with `letters`."""
    moment = begin
    while moment <= end:
        horizon.settled(moment, [letter(moment), *letters])
        moment += 2 * SECOND
        letters = ()


@pytest.fixture
def horizon() -> Horizon:
    return Horizon(MARGIN)


def test_nothing_is_proven_before_the_first_receive(horizon: Horizon) -> None:
    assert horizon.proven(counts(0)) is None


def test_an_empty_queue_proves_all_until_the_receive_but_the_age_of_counts(
    horizon: Horizon,
) -> None:
    horizon.settled(NOON, [])

    assert horizon.proven(counts(0)) == NOON - MARGIN


@pytest.mark.parametrize("letters", [[], [letter(NOON)]])
def test_letters_in_the_queue_or_in_the_receive_prove_nothing_at_once(
    horizon: Horizon, letters: list[Letter[Parsed]]
) -> None:
    horizon.settled(NOON, letters)

    assert horizon.proven(counts(0 if letters else 1)) is None


def test_a_flow_proves_the_beginning_of_the_window_in_which_nothing_old_came(
    horizon: Horizon,
) -> None:
    flowing(horizon, NOON, NOON + WINDOW - 2 * SECOND)
    early = horizon.proven(counts(3))

    flowing(horizon, NOON + WINDOW, NOON + WINDOW + 20 * SECOND)

    assert early is None
    assert horizon.proven(counts(3)) == NOON + 20 * SECOND - SKEW


def test_an_old_letter_holds_it_at_its_own_time_while_it_is_in_the_window(
    horizon: Horizon,
) -> None:
    old = NOON - timedelta(minutes=5)
    flowing(horizon, NOON, NOON + WINDOW, letter(old))
    held = horizon.proven(counts(3))

    flowing(horizon, NOON + WINDOW + 2 * SECOND, NOON + 2 * WINDOW)

    assert held == old - SKEW
    assert horizon.proven(counts(3)) == NOON + WINDOW - SKEW


def test_what_cannot_be_read_does_not_hold_it(horizon: Horizon) -> None:
    poison = letter(NOON - timedelta(minutes=5), readable=False)

    flowing(horizon, NOON, NOON + WINDOW, poison)

    assert horizon.proven(counts(1)) == NOON - SKEW


def test_silence_beside_letters_that_never_leave_is_proven_by_the_window(
    horizon: Horizon,
) -> None:
    for step in range(0, 92, 2):
        horizon.settled(NOON + step * SECOND, [])

    assert horizon.proven(counts(1)) == NOON


@pytest.mark.parametrize("interruption", ["pause", "backlog", "uncounted"])
def test_the_window_begins_anew_where_an_old_letter_might_have_been_missed(
    horizon: Horizon, interruption: str
) -> None:
    again = NOON + WINDOW + 2 * SECOND
    flowing(horizon, NOON, NOON + WINDOW)
    if interruption == "pause":
        again += PAUSE
    if interruption == "backlog":
        horizon.settled(again, [letter(again)] * BACKLOG)
        again += 2 * SECOND
    if interruption == "uncounted":
        horizon.proven(None)
    flowing(horizon, again, again + WINDOW - 2 * SECOND)

    early = horizon.proven(counts(3))
    flowing(horizon, again + WINDOW, again + WINDOW)

    assert early is None
    assert horizon.proven(counts(3)) == again - SKEW


@dataclass
class Sqs:
    """A standard queue of few letters: any order; what is visible long enough is received."""

    chance: random.Random
    now: float = 0.0
    sent: dict[int, float] = field(default_factory=dict)
    shows: dict[int, float] = field(default_factory=dict)

    def put(self) -> None:
        number = len(self.sent)
        self.sent[number] = self.shows[number] = self.now

    def take(self, most: int, *, never: Collection[int] = ()) -> list[int]:
        visible = [one for one, at in self.shows.items() if at <= self.now and one not in never]
        overdue = [one for one in visible if self.now - self.shows[one] > 10]
        self.chance.shuffle(visible)
        taken = list(dict.fromkeys(overdue + visible))[:most]
        for one in taken:
            self.shows[one] = self.now + HIDDEN.total_seconds()
        return taken

    def delete(self, numbers: list[int]) -> None:
        for one in numbers:
            self.shows.pop(one, None)


@given(seed=st.integers(0, 2**32), rate=st.sampled_from([0.0, 0.02, 0.3, 1.0]))
def test_what_is_proven_is_true_whatever_others_do(seed: int, rate: float) -> None:
    """Another worker takes letters too, and dies with some of them; some cannot be applied."""
    chance = random.Random(seed)  # noqa: S311
    sqs, horizon = Sqs(chance), Horizon(timedelta(0))
    met_by_other: set[int] = set()
    for _ in range(150):
        sqs.now += chance.choice([0.1, 0.5, 2.0, 2.0, 15.0 if chance.random() < 0.02 else 1.0])
        for _ in range(round(rate * chance.random() * 4)):
            sqs.put()
        if chance.random() < 0.3:
            met = sqs.take(3, never=met_by_other)  # dying with one twice is too much, says horizon
            met_by_other.update(met)
            sqs.delete([one for one in met if chance.random() < 0.5])
        taken = sqs.take(chance.choice([2, 10]))
        failed = [one for one in taken if one % 7 == 3 and sqs.now - sqs.sent[one] < 200]
        sqs.delete([one for one in taken if one not in failed])
        letters = [letter(NOON + sqs.sent[one] * SECOND) for one in taken]
        horizon.settled(NOON + sqs.now * SECOND, letters)

        proven = horizon.proven(counts(len(sqs.shows)))

        waiting = [NOON + sqs.sent[one] * SECOND for one in sqs.shows]
        assert proven is None or all(proven <= sent for sent in waiting)


def test_a_steady_flow_is_proven_again_and_again() -> None:
    """Liveness: with nothing bad in it, no more than a window behind."""
    horizon = Horizon(MARGIN)
    flowing(horizon, NOON, NOON + 10 * WINDOW)

    proven = horizon.proven(counts(5))

    assert proven is not None
    assert NOON + 10 * WINDOW - proven <= WINDOW + SKEW
