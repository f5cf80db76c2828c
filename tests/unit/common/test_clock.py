"""clock: what is stored is what is shown."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, strategies as st

from common import clock

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001


def test_the_present_is_utc_and_in_whole_milliseconds() -> None:
    before = datetime.now(UTC)
    now = clock.now()

    assert now.tzinfo == UTC
    assert now.microsecond % 1000 == 0
    assert before - timedelta(milliseconds=1) < now <= datetime.now(UTC)


def test_a_timestamp_is_written_with_milliseconds_and_z() -> None:
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    assert clock.wire(noon) == "2026-11-22T12:00:00.000Z"
    assert clock.wire(noon + timedelta(microseconds=1999)) == "2026-11-22T12:00:00.001Z"
    assert clock.wire(noon.astimezone(timezone(timedelta(hours=5, minutes=30)))) == (
        "2026-11-22T12:00:00.000Z"
    )


@given(moments)
def test_what_is_written_is_read_as_the_same_moment(moment: datetime) -> None:
    stored = clock.to_milliseconds(moment)

    assert datetime.fromisoformat(clock.wire(stored)) == stored
    assert clock.wire(stored) == clock.wire(moment)
    assert timedelta() <= moment - stored < timedelta(milliseconds=1)


@given(moments, moments)
def test_the_order_of_texts_is_the_order_of_moments(one: datetime, other: datetime) -> None:
    first, second = clock.to_milliseconds(one), clock.to_milliseconds(other)

    assert (clock.wire(first) < clock.wire(second)) == (first < second)
