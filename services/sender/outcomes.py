"""What an outcome means for its message, and how it is told."""

from dataclasses import asdict
from datetime import timedelta
from random import uniform
from typing import Final

from prometheus_client import Counter, Histogram

from common import clock, ids, logs, metrics, tracing, tracking
from common.statuses import Reason
from common.tracking import Sighting
from services.sender.jobs import Claimed, Result
from services.sender.leftovers import Found
from services.sender.ses import Accepted, Later, Outcome, Rejected, Unknown

log = logs.get(__name__)

SENT = Counter("postroom_messages_sent_total", "Messages that SES has accepted")
RECIPIENTS = Counter(
    "postroom_recipients_sent_total", "Recipients of messages that SES has accepted: its own count"
)
# reason: SES's error code, `ComposeError`, `KilledSenders`
FAILED = Counter("postroom_messages_failed_total", "Messages that never will be sent", ["reason"])
RETRIED = Counter("postroom_send_retries_total", "Calls to be made again", ["reason"])
UNKNOWN = Counter("postroom_sends_unknown_total", "Calls that may have been accepted", ["reason"])
ACCEPTED_TO_SENT = Histogram(
    "postroom_accepted_to_sent_seconds", "From the 202 to SES's id", buckets=metrics.SECONDS
)

GIVE_UP_AFTER: Final = timedelta(days=3)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


def result(claimed: Claimed, attempt: int, outcome: Outcome, grace: timedelta) -> Result:
    """What is to be recorded. `grace`: for how long an event of SES may tell what SES has."""

    def sighting(status: str, reason: Reason | None = None, id_: str | None = None) -> Sighting:
        return Sighting(claimed.id, status, clock.now(), reason=reason, external_id=id_)

    match outcome:
        case Accepted(external_id):
            return Result(claimed, sighting("sent", id_=external_id), "done")
        case Rejected(code, words):
            reason = _reason("The message was refused and will not be sent", code, words)
            return Result(claimed, sighting("rejected", reason), "done")
        case Unknown(code, words):
            reason = _reason("SES may have the message; an event of SES will tell", code, words)
            return Result(claimed, sighting("unknown", reason), "unknown", grace)
        case Later(halts=halts) if halts:
            return Result(claimed, None, "queued")  # it keeps its place, however long it takes
        case Later(code, words, pause):
            if clock.now() - claimed.row["created_at"] > GIVE_UP_AFTER:
                reason = _reason("The message could not be sent for three days", code, words)
                return Result(claimed, sighting("rejected", reason), "done")
            return Result(claimed, None, "queued", backoff(attempt, pause))


def backoff(attempt: int, least: timedelta) -> timedelta:
    """1 s, doubled with each attempt, at most 5 min, 20 % either way; never below `least`, and up
    to 20 % above: so that what failed together does not come back together.
    """
    doubled = timedelta(seconds=2 ** min(attempt - 1, 10))
    spread = uniform(0.8, 1.2)  # noqa: S311 - no secret
    return max(min(doubled, _LONGEST_PAUSE) * spread, least * (1 + (spread - 0.8) / 2))


def _reason(what: str, code: str, words: str) -> Reason:
    return {"message": f"{what}: {words or code}", "type": code}


def tell(claimed: Claimed, attempt: int, outcome: Outcome) -> None:
    """One line for each outcome, and its count."""
    _note(claimed, attempt, outcome)
    match outcome:
        case Accepted(external_id):
            SENT.inc()
            RECIPIENTS.inc(claimed.recipients)
            waited = (clock.now() - claimed.row["created_at"]).total_seconds()
            ACCEPTED_TO_SENT.observe(waited)
            log.info("send.accepted", external_id=external_id, **ids_of(claimed), attempt=attempt)
            return
        case Rejected(code):
            FAILED.labels(code).inc()
        case Later(code):
            RETRIED.labels(code).inc()
        case Unknown(code):
            UNKNOWN.labels(code).inc()
    kind = type(outcome).__name__.lower()
    log.warning("send.not_accepted", outcome=kind, reason=code, attempt=attempt, **ids_of(claimed))


def _note(claimed: Claimed, attempt: int, outcome: Outcome) -> None:
    tracing.note(
        organization_id=claimed.row["organization_id"],
        message_id=claimed.id,
        attempt=attempt,
        outcome=type(outcome).__name__.lower(),
        error=None if isinstance(outcome, Accepted) else outcome.code,
    )


def ids_of(claimed: Claimed) -> dict[str, str]:
    ours = {"message_id": ids.encode(ids.MESSAGE, claimed.id)}
    request_id = claimed.row["request_id"]
    return ours | ({"request_id": request_id} if request_id else {})


def tell_leftovers(found: Found) -> None:
    """The same for what others left behind."""
    UNKNOWN.labels("Vanished").inc(found.vanished)
    tracking.AMBIGUOUS.labels("held").inc(found.held)
    tracking.AMBIGUOUS.labels("resent").inc(found.resent)
    FAILED.labels("KilledSenders").inc(found.rejected)
    told = {name: number for name, number in asdict(found).items() if number}
    if told:
        log.warning("send.leftovers", **told)
