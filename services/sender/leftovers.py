"""What senders leave behind, brought to an end that is told.

    sending, lease over              -> unknown: its sender vanished during the call
    unknown, grace over, hold        -> held:    told, and not sent again
    unknown, grace over, resend      -> queued:  sent again, maybe for the second time; after the
                                        fifth call without an answer it is held all the same
    queued, claimed in vain 5 times  -> rejected: it seems to kill whoever takes it

Each is one set and one commit, and every sender looks. An event of SES heals `unknown` and `held`
at any time, in `services/status`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import sqlalchemy as sa

from common import tracking
from common.models.checkpoint import FEEDBACK
from common.statuses import Reason
from common.tracking import Sighting, Tracked
from services.sender.claims import MOST_CLAIMS

Policy = Literal["hold", "resend"]
MOST_CALLS: Final = 5
"""Of SES for one message, where it is sent again: it may be what ends them."""

_A_SET: Final = "LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED"
_VANISHED: Final = sa.text(f"""
SELECT id FROM message WHERE send_state = 'sending' AND lease_until < now() ORDER BY id {_A_SET}
""")
_POISONOUS: Final = sa.text(f"""
SELECT id FROM message
WHERE send_state = 'queued' AND claims > 1 AND claims >= {MOST_CLAIMS}
    AND (lease_until IS NULL OR lease_until < now())
ORDER BY id {_A_SET}
""")

# A grace is over when nobody has told until then, not when nobody has listened: what was put into
# the feedback queue by the end of the grace must have been applied. To hold a message does no
# harm, so that is not put off for ever by a status worker that is away.
_HEARD: Final = f"coalesce((SELECT at FROM checkpoint WHERE name = '{FEEDBACK}'), '-infinity')"
_GRACE_OVER: Final = {
    "hold": sa.text(f"""
SELECT id FROM message WHERE send_state = 'unknown'
AND due_at < least(now(), greatest({_HEARD}, now() - interval '1 hour')) ORDER BY due_at {_A_SET}
"""),
    "resend": sa.text(f"""
SELECT id FROM message WHERE send_state = 'unknown'
AND due_at < least(now(), {_HEARD}) ORDER BY due_at {_A_SET}
"""),
}

_OF_VANISHED: Final[Reason] = {
    "message": "The sender stopped while SES may have had the message. It is not sent again, as "
    "that could send it twice; an event of SES will tell.",
    "type": "Vanished",
}
_OF_HELD: Final[Reason] = {
    "message": "SES may have the message: its answer was lost, and no event of SES has told "
    "since. It is not sent again, as that could send it twice.",
    "type": "Held",
}
_OF_POISONOUS: Final[Reason] = {
    "message": f"{MOST_CLAIMS} senders ended while they worked on the message, before any of them "
    "gave it to SES. It will not be sent.",
    "type": "KilledSenders",
}


@dataclass(frozen=True, slots=True)
class Found:
    """How many messages came to which end; `deliveries` of webhooks are now due."""

    vanished: int = 0
    held: int = 0
    resent: int = 0
    rejected: int = 0
    deliveries: int = 0


class Leftovers:
    """Those of one installation."""

    def __init__(self, engine: sa.Engine, policy: Policy, grace: timedelta) -> None:
        self._engine = engine
        self._policy = policy
        self._grace = grace

    def settle(self) -> Found:
        """One set of each kind."""
        ends: Counter[str] = Counter()
        deliveries = 0
        for which, end in (
            (_VANISHED, self._lose),
            (_GRACE_OVER[self._policy], self._end_grace),
            (_POISONOUS, _reject),
        ):
            deliveries += self._each(which, end, ends)
        return Found(**ends, deliveries=deliveries)

    def _each(
        self,
        which: sa.TextClause,
        end: Callable[[Tracked, datetime], str],
        ends: "Counter[str]",
    ) -> int:
        """How many deliveries are due by that; each end is counted."""
        with self._engine.begin() as connection:
            found = connection.execute(which).scalars().all()
            if not found:
                return 0
            tracked = tracking.lock(connection, found)
            now = connection.execute(sa.select(sa.func.now())).scalar_one()
            came_to = Counter(end(one, now) for one in tracked.values())
            deliveries = tracking.save(connection, tracked.values())
        ends.update(came_to)
        return deliveries

    def _lose(self, one: Tracked, now: datetime) -> str:
        one.see(Sighting(one.state["id"], "unknown", now, reason=_OF_VANISHED))
        # What was started did not end its sender before the call.
        ended = {"send_state": "unknown", "due_at": now + self._grace, "claims": 0}
        one.state |= _LET_GO | ended
        return "vanished"

    def _end_grace(self, one: Tracked, now: datetime) -> str:
        if self._policy == "resend" and one.state["attempts"] < MOST_CALLS:
            one.state |= _LET_GO | {"send_state": "queued", "due_at": now}
            return "resent"
        one.see(Sighting(one.state["id"], "held", now, reason=_OF_HELD))
        one.state |= _LET_GO | {"send_state": "held"}
        return "held"


_LET_GO: Final = {"lease_token": None, "lease_until": None}


def _reject(one: Tracked, now: datetime) -> str:
    one.see(Sighting(one.state["id"], "rejected", now, reason=_OF_POISONOUS))
    one.state |= _LET_GO | {"send_state": "done"}
    return "rejected"
