"""What can become of a recipient, in order of rank; pure.

A recipient's status is the highest of what was seen, so the order and the repetition of feedback
cannot matter: `raise_to` is commutative, associative and idempotent. SES promises neither order
nor single delivery of its events, and documents a bounce after a delivery.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

# Lowest first. `unknown`: it may be with SES; `held`: nobody has told within the grace time, and
# it is not sent again. Callers see `queued` for both, and a reason that says so.
RECIPIENT_STATUSES: Final = (
    "queued",
    "unknown",
    "held",
    "sent",
    "delayed",
    "delivered",
    "rejected",  # below every bounce, as in MESSAGE_STATUSES: else a message could go back
    "bounced_transient",
    "bounced",
    "complained",
    "received",
)
# Gravest last; `received` is the only status that received mail has.
MESSAGE_STATUSES: Final = (
    "queued",
    "sent",
    "delivered",
    "rejected",
    "bounced",
    "complained",
    "received",
)

_RANK: Final = {status: rank for rank, status in enumerate(RECIPIENT_STATUSES)}
_SHOWN: Final = {"unknown": "queued", "held": "queued", "bounced_transient": "bounced"}
_OF_MESSAGE: Final = {status: rank for rank, status in enumerate(MESSAGE_STATUSES)}

Reason = dict[str, Any]
"""`message` (words), and of a bounce `type`, `subType`, `diagnostic` as SES gave them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one recipient stands."""

    email: str
    status: str
    at: datetime
    reason: Reason | None = None

    def raise_to(self, status: str, at: datetime, reason: Reason | None = None) -> "Standing":
        """The higher of the two; of two equal ones the one that happened first, and of two at
        the same moment the one whose reason sorts first, so that no order of arrival shows.
        """
        theirs, ours = _RANK[status], _RANK[self.status]
        if theirs < ours or (theirs == ours and at > self.at):
            return self
        # Spelled only where all else is equal: it costs more than all else.
        if theirs == ours and at == self.at and _spelling(reason) >= _spelling(self.reason):
            return self
        return Standing(self.email, status, at, reason)


def _spelling(reason: Reason | None) -> str:
    """The same for equal reasons: jsonb gives members back in an order of its own."""
    return json.dumps(reason, sort_keys=True)


def shown(status: str) -> str:
    """A recipient's status as callers see it."""
    return _SHOWN.get(status, status)


def gravest(standings: list[Standing]) -> Standing:
    """The recipient that the message's own status speaks of (contract.md: the gravest)."""
    return min(
        standings,
        key=lambda one: (
            -_OF_MESSAGE[of_message(one.status)],
            -_RANK[one.status],  # a delayed one before one of which nothing is known
            one.at,
            one.email,
        ),
    )


def of_message(status: str) -> str:
    """The message's status where its gravest recipient has this one."""
    return "sent" if status == "delayed" else shown(status)
