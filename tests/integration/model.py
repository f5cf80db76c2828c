"""What must be true of a message, whatever happens to those who send it; pure.

Written from the promises and not from the code that keeps them: ranks, answers and ends are said
once more here, in their own words.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

# Of a recipient and of a message, the lowest first.
_RANKS: Final = (
    "queued",
    "unknown",
    "held",
    "sent",
    "delayed",
    "delivered",
    "rejected",
    "bounced",
    "complained",
)
_NOT_SENT: Final = ("queued", "unknown", "held")
_GRAVITY: Final = ("queued", "sent", "delivered", "rejected", "bounced", "complained")
_SHOWN: Final = {"unknown": "queued", "held": "queued", "delayed": "sent"}
_TOLD: Final = {"held": "message.held", "rejected": "message.rejected"}
COUNTED: Final = ("message.sent", *_TOLD.values())
"""The events whose number is known at any time; that of others depends on the order of feedback."""

MOST_CLAIMS: Final = 5
MOST_CALLS: Final = 5
SUSPICIOUS: Final = 2

Answer = Literal[
    "accepted",
    "accepted, unanswered",
    "refused",
    "busy",
    "throttled",
    "failed",
    "not written",  # no call: it cannot be composed
    "cut off",  # no call: whether it is started, the database did not say
]
UNMADE: Final[tuple[Answer, ...]] = ("not written", "cut off")
# What an answer makes of a message: the sender's state, and how the recipients stand.
_ENDS: Final[dict[Answer, tuple[str, str]]] = {
    "accepted": ("done", "sent"),
    "refused": ("done", "rejected"),
    "not written": ("done", "rejected"),
    "accepted, unanswered": ("unknown", "unknown"),
    "failed": ("unknown", "unknown"),
    "busy": ("queued", "queued"),
    "throttled": ("queued", "queued"),
    "cut off": ("queued", "queued"),
}


@dataclass(slots=True, eq=False)
class Mail:
    """A message as it must stand. `idle`: started, and not called for."""

    id: UUID
    statuses: dict[str, str]
    claims: int = 0
    state: str = "queued"
    token: UUID | None = None
    in_lease: bool = False
    is_due: bool = True
    grace: Literal["runs", "over", "heard"] = "runs"
    calls: int = 0
    idle: int = 0
    external_id: str | None = None
    told: Counter[str] = field(default_factory=Counter)

    def __repr__(self) -> str:
        return f"<{str(self.id)[-4:]} {self.state}>"

    @property
    def is_free(self) -> bool:
        return self.state == "queued" and self.is_due and not self.in_lease

    @property
    def status(self) -> str:
        return max((_SHOWN.get(one, one) for one in self.statuses.values()), key=_GRAVITY.index)

    def claim(self, token: UUID) -> None:
        assert self.is_free
        self.token, self.in_lease = token, True
        self.claims += 1

    def start(self, token: UUID) -> bool:
        """Whether it may be called for: once for each claim, within its lease."""
        if self.token != token or self.state != "queued" or not self.in_lease:
            return False
        self.state = "sending"
        self.idle += 1
        return True

    def call(self) -> None:
        self.idle -= 1
        self.calls += 1

    def give_back(self, token: UUID) -> None:
        if self.token == token and self.state == "queued":
            self._let_go()
            self.claims -= 1

    def record(self, token: UUID, answer: Answer, external_id: str | None) -> bool:
        """Whether it counts: what comes from another than the owner changes nothing."""
        if self.token != token:
            return False
        state, status = _ENDS[answer]
        was_sending = self.state == "sending"
        self.see(status, tuple(self.statuses), external_id)
        if was_sending:
            self.state = state
            self.idle -= answer in UNMADE
            self.grace = "runs"
        self.is_due = self.is_due and answer != "busy"
        self._let_go()
        self.claims = 0
        return True

    def settle(self, policy: Literal["hold", "resend"]) -> str | None:
        """The end that it is brought to, if it is left behind."""
        everybody = tuple(self.statuses)
        if self.state == "sending" and not self.in_lease:
            self._let_go()
            self.state, self.grace, self.claims = "unknown", "runs", 0
            self.see("unknown", everybody)
            return "vanished"
        if self.state == "unknown" and self.grace == "heard":
            if policy == "resend" and self.calls + self.idle < MOST_CALLS:
                self.state, self.is_due = "queued", True
                return "resent"
            self.state = "held"
            self.see("held", everybody)
            return "held"
        if self.state == "queued" and self.claims >= MOST_CLAIMS and not self.in_lease:
            self._let_go()
            self.state = "done"
            self.see("rejected", everybody)
            return "rejected"
        return None

    def see(self, status: str, emails: tuple[str, ...], external_id: str | None = None) -> None:
        """The highest that was seen stands, and SES's id is proof that SES has it."""
        concerned = emails if len(self.statuses) > 1 else tuple(self.statuses)
        moved = {
            one for one in concerned if _RANKS.index(status) > _RANKS.index(self.statuses[one])
        }
        self.statuses |= dict.fromkeys(moved, status)
        if external_id:  # one call is for all recipients: what SES has of one it has of the others
            lowest = [email for email, known in self.statuses.items() if known in _NOT_SENT]
            self.statuses |= dict.fromkeys(lowest, "sent")
        if external_id and self.external_id is None:
            self.external_id, self.state = external_id, "done"
            self.told["message.sent"] += 1
        if moved and status in _TOLD:
            self.told[_TOLD[status]] += 1

    def _let_go(self) -> None:
        self.token, self.in_lease = None, False

    def row(self) -> dict[str, Any]:
        """What the database must show."""
        return {
            "id": self.id,
            "send_state": self.state,
            "status": self.status,
            "attempts": self.calls + self.idle,
            "claims": self.claims,
            "lease_token": self.token,
            "external_message_id": self.external_id,
            "recipients": self.statuses,
            "told": dict(self.told),
        }
