"""Moving recipients, their messages and the events that tell of it: the only place that does.

The sender (`sent`, `rejected`) and the status worker (what SES reports) both come here, in their
own transactions. Messages are locked in the order of their ids, so the two never wait for each
other in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from common import clock, events, resources, statuses
from common.db import as_json, identifiers, recordset
from common.events import NewEvent
from common.models import Message, Recipient
from common.resources import Row
from common.statuses import Reason, Standing

AMBIGUOUS = Counter(
    "postroom_ambiguous_sends_total",
    "What became of messages that SES may have: healed by an event, held, or resent",
    ["end"],
)

_EVENT_OF: Final = {
    "held": "message.held",
    "delayed": "message.delayed",
    "delivered": "message.delivered",
    "bounced_transient": "message.bounced",
    "bounced": "message.bounced",
    "rejected": "message.rejected",
    "complained": "message.complained",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was seen to happen to a message.

    `emails`: the recipients that it happened to, None for all of them. `external_id`: SES's id
    of the message, where the sighting shows it.
    """

    message_id: UUID
    status: str
    at: datetime
    emails: tuple[str, ...] | None = None
    reason: Reason | None = None
    external_id: str | None = None


# Two statements, as a statement sees the database as it was at its begin: one that waits for a
# lock gets the message as it then is, but its recipients as they were before the wait.
_LOCK = sa.text("""
SELECT id FROM message WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
_READ = sa.text(f"""
SELECT {resources.MESSAGE_COLUMNS} FROM message m WHERE m.id = ANY (CAST(:ids AS uuid[]))
""")

_MOVED: Final = (
    *("status", "status_reason", "updated_at", "external_message_id", "send_state", "due_at"),
    *("lease_until", "lease_token", "claims", "attempts"),
)
# One statement: a round trip is most of what a small set costs.
_SAVE = sa.text(f"""
WITH messages AS (
    UPDATE message m SET {", ".join(f"{name} = n.{name}" for name in _MOVED)}
    FROM {recordset(Message, "messages")} n WHERE m.id = n.id
), recipients AS (
    UPDATE recipient r SET status = n.status, reason = n.reason, status_at = n.status_at,
        updated_at = n.updated_at FROM {recordset(Recipient, "recipients")} n
    WHERE r.message_id = n.message_id AND r.position = n.position
), {events.WRITTEN} {events.DELIVERIES}
""")


class Tracked:
    """A locked message. `see` changes it in memory; `save` writes many of them at once."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.state = row
        self.recipients: list[dict[str, Any]] = self.state["recipients"] or []
        self.moved: set[int] = set()
        self.events: list[NewEvent] = []
        self.doubly_sent = False
        self.healed = False  # SES may have had it; now it is known that it has
        self._standings = [_standing(one) for one in self.recipients]

    def see(self, sighting: Sighting) -> bool:
        """Any order, any repetition, the same end. Whether it is about any recipient of this."""
        concerned = self._concerned(sighting.emails)
        before = self._standings.copy()
        self._raise(concerned, sighting.status, sighting.at, sighting.reason)
        is_news = any(before[at].status != self._standings[at].status for at in concerned)
        if sighting.external_id:
            # One call is for all of them: who has the mail of one has that of the others.
            self._raise(range(len(before)), "sent", sighting.at)
        self._write(at for at, one in enumerate(before) if one is not self._standings[at])
        self._derive_status()
        if self._learn(sighting.external_id):
            self._tell("message.sent")
        if is_news and sighting.status in _EVENT_OF:
            self._tell(_EVENT_OF[sighting.status])
        return bool(concerned)

    def _concerned(self, emails: tuple[str, ...] | None) -> Sequence[int]:
        """Feedback may name an alias of the address we wrote to (a DSN's Final-Recipient); where
        there was only one recipient it can mean nobody else.
        """
        everyone = range(len(self.recipients))
        if emails is None or len(everyone) == 1:
            return everyone
        named = {email.casefold() for email in emails}
        return [at for at in everyone if self.recipients[at]["email"].casefold() in named]

    def _raise(self, whom: Iterable[int], to: str, at: datetime, why: Reason | None = None) -> None:
        for position in whom:
            self._standings[position] = self._standings[position].raise_to(to, at, why)

    def _write(self, positions: Iterable[int]) -> None:
        """Where they stand now, into the rows."""
        now = clock.now()
        for position in positions:
            stands = self._standings[position]
            self.recipients[position] |= {
                "status": stands.status,
                "reason": stands.reason,
                "status_at": stands.at.isoformat(),
                "updated_at": now.isoformat(),
            }
            self.moved.add(position)
            self.state["updated_at"] = now

    def _derive_status(self) -> None:
        gravest = statuses.gravest(self._standings)
        status = statuses.of_message(gravest.status)
        self.state |= {"status": status, "status_reason": gravest.reason}

    def _learn(self, external_id: str | None) -> bool:
        """SES's id is proof that SES has the message, whoever brings it: no sender is needed."""
        known = self.state["external_message_id"]
        if external_id is None or external_id == known:
            return False
        if known is not None:
            self.doubly_sent = True
            return False
        self.healed = self.state["send_state"] in {"unknown", "held"}
        self.state |= {"external_message_id": external_id, "send_state": "done"}
        return True

    def _tell(self, kind: str) -> None:
        state = self.state
        self.events.append(
            NewEvent(
                organization_id=state["organization_id"],
                type=kind,
                payload=resources.message(state),
                inbox_id=state["inbox_id"],
                message_id=state["id"],
            )
        )


def _standing(recipient: Row) -> Standing:
    return Standing(
        email=recipient["email"],
        status=recipient["status"],
        at=datetime.fromisoformat(recipient["status_at"]),
        reason=recipient["reason"],
    )


def lock(connection: sa.Connection, message_ids: Iterable[UUID]) -> dict[UUID, Tracked]:
    """The messages as they stand, held until the transaction ends; unknown ids are left out."""
    ids = {"ids": identifiers(set(message_ids))}
    connection.execute(_LOCK, ids)
    rows = connection.execute(_READ, ids)
    names = tuple(rows.keys())  # a dict of a RowMapping takes longer than to read the row
    return {row.id: Tracked(dict(zip(names, row, strict=True))) for row in rows.all()}


def save(connection: sa.Connection, tracked: Iterable[Tracked]) -> int:
    """Write what changed, with its events; the number of deliveries that are now due."""
    messages = list(tracked)
    moved = ({name: one.state[name] for name in ("id", *_MOVED)} for one in messages)
    recipients = (
        {"message_id": one.state["id"], "position": at, **one.recipients[at]}
        for one in messages
        for at in one.moved
    )
    values = {"messages": as_json(moved), "recipients": as_json(recipients)}
    values |= events.values(event for one in messages for event in one.events)
    return connection.execute(_SAVE, values).rowcount
