"""SES as a script has it: what it answers is asked for, what it has taken stands in a ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from common import ids
from services.sender.ses import Accepted, Later, Outcome, Rejected, Unknown
from services.sender.wire import Envelope
from services.status.parse import Parsed, parse
from tests import ses
from tests.integration.model import Answer

STATUSES: Final = {
    "send": "sent",
    "delivery_delay": "delayed",
    "delivery": "delivered",
    "bounce_permanent": "bounced",
    "complaint": "complained",
}
FATES: Final = (
    (),
    ("delivery",),
    ("delivery_delay",),
    ("delivery_delay", "delivery"),
    ("bounce_permanent",),
    ("delivery", "bounce_permanent"),
    ("delivery", "complaint"),
)
"""What may become of a recipient."""

Copy = Literal["raw", "by sns", "by eventbridge", "without our tag"]
_WRAPPED: Final[dict[Copy, Callable[[str], str]]] = {
    "by sns": ses.from_sns,
    "by eventbridge": ses.from_eventbridge,
}

_OUTCOMES: Final[dict[Answer, Outcome]] = {
    "refused": Rejected("MessageRejected", "Email address is not verified."),
    "busy": Later("NotFoundException", "No such identity.", timedelta(minutes=1)),
    "throttled": Later("TooManyRequestsException", "Rate exceeded.", halts="throttled"),
    "accepted, unanswered": Unknown("ReadTimeoutError", "SES did not answer."),
    "failed": Unknown("InternalFailure", "500"),
}


@dataclass(slots=True, eq=False)
class Event:
    """Something that SES tells, in as many copies as it likes; none more, once it is lost.

    `waits`: a copy without our tag came before anybody knew whose it is.
    """

    message_id: UUID
    external_id: str
    name: str
    emails: tuple[str, ...]
    lost: bool = False
    came_untagged: bool = False
    waits: bool = False

    def __repr__(self) -> str:
        return f"<{self.name} of {self.external_id}>"

    def copy(self, how: Copy) -> Parsed:
        """As it lies in the queue."""
        whom = None if self.name == "send" else self.emails
        tagged = None if how == "without our tag" else self.message_id
        body = ses.event(self.name, self.external_id, tagged, whom, minute=1)
        return parse(_WRAPPED.get(how, str)(body))


@dataclass(slots=True)
class ScriptedSes:
    """`accepted`: the ids that SES gave, by message. `calls`: all POSTs, by message."""

    accepted: dict[UUID, list[str]] = field(default_factory=dict)
    calls: list[UUID] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def send(self, envelope: Envelope, answer: Answer, fates: list[tuple[str, ...]]) -> Outcome:
        message_id = ids.decode(ids.MESSAGE, dict(envelope.tags)["postroom_message"])
        self.calls.append(message_id)
        if not answer.startswith("accepted"):
            return _OUTCOMES[answer]
        given = self.accepted.setdefault(message_id, [])
        external_id = f"{message_id}-{len(given)}"
        given.append(external_id)
        self._publish(message_id, external_id, envelope.to, fates)
        return _OUTCOMES.get(answer, Accepted(external_id))

    def _publish(
        self, message_id: UUID, external_id: str, to: tuple[str, ...], fates: list[tuple[str, ...]]
    ) -> None:
        self.events.append(Event(message_id, external_id, "send", to))
        self.events += [
            Event(message_id, external_id, name, (email,))
            for email, fate in zip(to, fates, strict=False)
            for name in fate
        ]

    def told(self) -> list[Event]:
        """What is not lost."""
        return [event for event in self.events if not event.lost]
