"""How long a message waits for its next call."""

from datetime import timedelta

from hypothesis import given, strategies as st

from services.sender.outcomes import backoff

ATTEMPTS = st.integers(1, 10_000)
PAUSES = st.timedeltas(timedelta(0), timedelta(hours=1))


@given(ATTEMPTS, PAUSES)
def test_it_is_never_sooner_than_what_ses_needs(attempt: int, least: timedelta) -> None:
    assert least <= backoff(attempt, least)


@given(ATTEMPTS, PAUSES)
def test_it_is_never_much_later_than_the_longest_step(attempt: int, least: timedelta) -> None:
    longest = max(timedelta(minutes=5), least)

    assert backoff(attempt, least) <= longest * 1.2 + timedelta(microseconds=1)


@given(st.integers(1, 9))
def test_it_doubles_with_each_attempt(attempt: int) -> None:
    planned = timedelta(seconds=2 ** (attempt - 1))

    assert planned * 0.8 <= backoff(attempt, timedelta(0)) <= planned * 1.2


@given(PAUSES.filter(bool))
def test_what_failed_together_does_not_come_back_together(least: timedelta) -> None:
    assert len({backoff(1, least) for _ in range(50)}) > 1
