"""When a webhook is attempted again: the table of the contract, as data and one pure function.

The steps are the example schedule of Standard Webhooks 1.0: ten attempts over 75 hours 35 minutes.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# What is waited before each attempt; the first is made at once.
DELAYS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = len(DELAYS)

# An endpoint that was down has a queue here; without jitter it would all come back at one moment.
JITTER = 0.2

# The longest step of the table. An endpoint that says "in a year", by mistake or in malice, would
# else park its rows for a year and never run out of attempts, nor ever be seen to fail.
LONGEST_RETRY_AFTER = timedelta(hours=24)

# An endpoint that asks for less (429), or that does not come to an end in time, is not called again
# within a minute: the second step of the table would be after 5 s.
OVERLOADED = timedelta(seconds=60)

# RFC 9110 10.2.3: whole seconds. More than ten digits are no wish but noise.
_SECONDS = re.compile(r"[0-9]{1,10}")

# RFC 9110 5.6.7: the one form to write and the two to understand. They are read by format and not
# by the lenient `email.utils`, which takes much that is no date, at a cost the sender chooses.
_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def next_attempt(
    attempts_made: int,
    now: datetime,
    retry_after: timedelta | None,
    random: Callable[[], float],
    *,
    overloaded: bool = False,
) -> datetime | None:
    """Return when to try again after `attempts_made` attempts, or None when that was the last.

    `retry_after` moves the time later, never earlier, and by no more than `LONGEST_RETRY_AFTER`.
    `overloaded`: it said 429, or ran out of time. `random` gives floats in [0, 1).
    ValueError for a negative count.
    """
    if attempts_made < 0:
        raise ValueError("attempts are counted from 0")
    if attempts_made >= ATTEMPTS:
        return None

    planned = DELAYS[attempts_made] * (1 + JITTER * (2 * random() - 1))
    asked = min(retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return now + max(planned, asked, OVERLOADED if overloaded else timedelta(0))


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a `Retry-After` header: seconds or a date; what is neither, or is past, says nothing."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))

    moment = _parse_date(text)
    if moment is None or moment < now:
        return None
    return moment - now


def _parse_date(text: str) -> datetime | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
