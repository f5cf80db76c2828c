"""Until when SES's silence is known to be silence: the checkpoint that the sender goes by.

A message that SES may have is held, or sent again, once no event has told of it for the grace time.
So "no event" must be proven: all that was put into the queue before that moment is applied. SQS
does not say so. A standard queue keeps no order, and a receive that finds nothing may mean that
another process holds letters, or died with them: they are hidden until the visibility timeout. Two
things prove it, each for a moment of the database's clock that was read before the receive began:

*Nothing is there.* A long poll, which asks all of SQS's servers, found nothing, and after it SQS
counts nothing, nor anything in somebody's hand. Whatever was sent before the poll is then deleted,
hence applied. AWS's counts are up to a minute old, so the moment is `margin` earlier.

*Nothing old comes up.* Where mail flows, a long poll never ends empty: each letter ends it. But who
receives without a pause, and with no backlog to hide in, for longer than a letter can stay hidden,
has by then met each letter that was there at the beginning. A letter stays hidden for two timeouts:
one process died with it, and another takes it as it shows again. Proven is the beginning of that
window, or the oldest letter met in it, if that is older: where one came late, others may. This also
moves on where a letter never leaves: one that cannot be applied stops it at its own time only,
until SQS puts it aside; one that cannot be read tells of no message, and does not stop it.

What the second does not see: a letter that others take and die with a second time. What neither
sees: an event that SNS has not yet given to SQS; for that there is the grace time.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from common.letterbox import Counts, Letter
from common.models.checkpoint import FEEDBACK
from services.status.parse import Parsed

COUNTS_LAG: Final = timedelta(seconds=60)
"""How old AWS's counts may be:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""
BACKLOG: Final = 50
"""Letters of a set that say that more wait: half of what a set can be. Some of the calls of a set
may come back half empty although there is more.
"""
SLACK: Final = timedelta(seconds=30)
"""What a letter may lie visible before one of the many receives of that time brings it."""
SKEW: Final = timedelta(seconds=10)
"""Between SQS's clock, by which letters are old, and the database's."""
PAUSE: Final = timedelta(seconds=10)
"""Between two receives that is none: a poll and a slow set."""

_NOW = sa.text("SELECT clock_timestamp()")
_WRITE = sa.text("""
INSERT INTO checkpoint AS c (name, at) VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE c.at < excluded.at
""")


class Horizon:
    """What the receives of one process prove; pure."""

    def __init__(self, margin: timedelta) -> None:
        self._margin = margin
        self._latest: datetime | None = None
        self._found_nothing = False
        self._since: datetime | None = None  # the window's beginning
        self._oldest: deque[tuple[datetime, datetime]] = deque()  # of a receive, when it was sent

    def settled(self, began: datetime, letters: Sequence[Letter[Parsed]]) -> None:
        """A receive, all of whose letters are applied, or known to be bad. `began`: a moment of the
        database before it.
        """
        paused = self._latest is not None and began - self._latest > PAUSE
        if self._since is None or paused:
            self._since = began
        if len(letters) >= BACKLOG:
            self._since = None
        self._latest = began
        self._found_nothing = not letters
        sent = [one.sent_at for one in letters if one.parsed.kind != "unreadable"]
        if sent:
            self._oldest.append((began, min(sent)))

    def proven(self, counts: Counts | None) -> datetime | None:
        """The moment, by `counts` of after the latest receive; None where none is proven."""
        if counts is None or self._latest is None:
            self._since = None
            self._oldest.clear()
            return None
        if self._found_nothing and counts.letters == 0:
            return self._latest - self._margin
        begin = self._latest - 2 * counts.hidden_for - SLACK
        while self._oldest and self._oldest[0][0] < begin:
            self._oldest.popleft()
        if self._since is None or self._since > begin:
            return None
        return min([begin, *(sent - SKEW for _, sent in self._oldest)])


def now(engine: sa.Engine) -> datetime:
    """The database's clock."""
    with engine.connect() as connection:
        moment: datetime = connection.execute(_NOW).scalar_one()
    return moment


def write(engine: sa.Engine, proven: datetime) -> None:
    """Never back: what any process has proven stays proven."""
    with engine.begin() as connection:
        connection.execute(_WRITE, {"name": FEEDBACK, "at": proven})
