"""The one clock: aware UTC, cut to the millisecond that the API shows.

What is stored is what is shown, so a timestamp read from an answer compares equal to the one
a caller sends back in `after` or `before`.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, UTC, whole milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_milliseconds(moment: datetime) -> datetime:
    """The same moment in UTC with what is finer than a millisecond cut off."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def wire(moment: datetime) -> str:
    """ISO 8601 with milliseconds and `Z`, as every timestamp of the API is written."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
