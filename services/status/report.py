"""What has become of feedback, told once it is committed: a number and a line for each."""

from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import Counter, Histogram

from common import clock, ids, logs, tracing
from common.metrics import SECONDS
from common.tracking import AMBIGUOUS
from services.status import reputation
from services.status.feedback import Home
from services.status.parse import Parsed, SesEvent

Word = Literal["applied", "noted", "nobody", "unmatched", "kept", "duplicate", "failed"]
"""`applied`: a message of ours has taken it in. `noted`: about one, but moves nobody (an open).
`nobody`: about one, but not about any of its recipients. `unmatched`: no message of ours, yet.
`kept`: no event at all, or none that can be applied. `duplicate`: had before. `failed`: left in
the queue.
"""

FEEDBACK = Counter("postroom_feedback_total", "Feedback of SES", ["kind", "outcome"])
LAG = Histogram(
    "postroom_feedback_lag_seconds", "From SES's own timestamp to our commit", buckets=SECONDS
)
DOUBLE_SENDS = Counter(
    "postroom_double_sends_total", "Messages that SES has accepted once more, by its Send events"
)

# A label may not grow with what others invent.
_KINDS: Final = frozenset(
    {"send", "delivery", "bounce", "complaint", "reject", "delivery_delay", "rendering_failure"}
    | {"open", "click", "subscription", "notice", "unreadable"}
)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one. `other_send`: SES names the message by another id than we know.
    `healed`: it was not known whether SES has the message; this event has told.
    """

    parsed: Parsed
    word: Word
    home: Home | None = None
    other_send: bool = False
    healed: bool = False

    @property
    def trace(self) -> str | None:
        """The `traceparent` of the call that gave the mail to SES."""
        return self.parsed.trace if isinstance(self.parsed, SesEvent) else None


def report(outcome: Outcome) -> None:
    """Count it and say it."""
    parsed = outcome.parsed
    FEEDBACK.labels(parsed.kind if parsed.kind in _KINDS else "other", outcome.word).inc()
    if not isinstance(parsed, SesEvent):
        line = {"kind": parsed.kind, "reason": parsed.reason}
        log.warning("feedback.taken", outcome=outcome.word, **line)
        return
    if outcome.word in {"applied", "noted", "nobody"}:
        reputation.count(parsed)
    if outcome.word == "applied":
        LAG.observe(max(0.0, (clock.now() - parsed.at).total_seconds()))
    _note(outcome)
    line = {"kind": parsed.kind, "external_id": parsed.external_message_id, **_ids(outcome.home)}
    log.info("feedback.taken", outcome=outcome.word, **line)
    if outcome.healed:
        AMBIGUOUS.labels("healed").inc()
        log.info("message.healed", **line)
    if outcome.other_send:
        _report_other_send(parsed, line)


def _note(outcome: Outcome) -> None:
    tracing.note(kind=outcome.parsed.kind, outcome=outcome.word)
    if home := outcome.home:
        tracing.note(message_id=home.message_id, organization_id=home.organization_id)


def _ids(home: Home | None) -> dict[str, str]:
    if home is None:
        return {}
    ours = {"message_id": ids.encode(ids.MESSAGE, home.message_id)}
    return ours | ({"request_id": home.request_id} if home.request_id else {})


def _report_other_send(event: SesEvent, line: dict[str, str]) -> None:
    """Every event of the second mail shows it; only its Send event counts it."""
    if event.kind == "send":
        DOUBLE_SENDS.inc()
    log.warning("message.doubly_sent", **line)
