"""Sending: what the sender does with one message, from the claim to the recorded result.

The natural way is `perform`, read from top to bottom. What makes it safe is the order: the claim
is committed before anything else; `start` is committed before SES is called, and refuses one
that is not ours any more; the result is recorded only where it still is.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from random import uniform
from typing import Final

import sqlalchemy as sa
from prometheus_client import Counter, Histogram

from common import clock, ids, logs, metrics, queue
from common.addresses import AddressError
from common.batch import Group
from common.statuses import Reason
from common.tracking import Sighting
from services.sender.compose import ComposeError, compose
from services.sender.jobs import Claimed, Jobs, Result
from services.sender.mail import envelope, outgoing
from services.sender.ses import Accepted, Later, Outcome, Rejected, Ses, Unknown

log = logs.get(__name__)

SENT = Counter("postroom_messages_sent_total", "Messages that SES has accepted")
# reason: SES's error code, `ComposeError`, `GaveUp` (no answer in three days that let us go on)
FAILED = Counter("postroom_messages_failed_total", "Messages that never will be sent", ["reason"])
RETRIED = Counter("postroom_send_retries_total", "Calls to be made again", ["reason"])
UNKNOWN = Counter("postroom_sends_unknown_total", "Calls that may have been accepted", ["reason"])
FENCED = Counter("postroom_sends_fenced_total", "Messages lost to another worker", ["step"])
ACCEPTED_TO_SENT = Histogram(
    "postroom_accepted_to_sent_seconds", "From the 202 to SES's id", buckets=metrics.SECONDS
)

GIVE_UP_AFTER: Final = timedelta(days=3)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_RECORD_PAUSE_SECONDS: Final = 0.5
# The connection was lost or never made, or (in a failover) leads to a server that may not write.
_AWAY: Final = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.TimeoutError,
)
_VANISHED: Final[Reason] = {
    "message": "The sender stopped while SES may have had the message. It is not sent again, as "
    "that could send it twice; an event of SES will tell.",
}


class Sender:
    """The work of the room `sender` (`common.worker.Work`)."""

    def __init__(
        self,
        engine: sa.Engine,
        jobs: Jobs,
        ses: Ses,
        ring: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._ses = ses
        self._ring = ring
        self._starts: Group[Claimed, int | None] = Group("start", jobs.start)
        self._records: Group[Result, None] = Group("record", self._record)

    def claim(self, most: int) -> list[Claimed]:
        """Messages that are due; on the way, those that another sender left in the dark."""
        vanished = self._jobs.sweep(_VANISHED)
        if vanished:
            UNKNOWN.labels("Vanished").inc(vanished)
            log.warning("send.vanished", messages=vanished)
        return self._jobs.claim(most)

    def perform(self, claimed: Claimed) -> None:
        """Compose, start, call SES, record."""
        mime = self._compose(claimed)
        attempt = self._start(claimed)
        if attempt is None:
            FENCED.labels("start").inc()
            log.warning("send.fenced", step="start", **_ids(claimed))
            return
        if isinstance(mime, Rejected):
            outcome: Outcome = mime
        else:
            outcome = self._ses.send(envelope(claimed, mime, attempt))
        _tell(claimed, attempt, outcome)
        self._records.submit(_result(claimed, attempt, outcome))

    def give_back(self, jobs: list[Claimed]) -> None:
        """Claimed and not started: for anybody."""
        self._jobs.give_back(jobs)

    def close(self) -> None:
        """After the last `perform`."""
        self._starts.close()
        self._records.close()

    def _compose(self, claimed: Claimed) -> bytes | Rejected:
        try:
            return compose(outgoing(self._engine, claimed))
        except (ComposeError, AddressError) as error:
            return Rejected(type(error).__name__, str(error))

    def _start(self, claimed: Claimed) -> int | None:
        try:
            return self._starts.submit(claimed)
        except sa.exc.SQLAlchemyError:
            # It may stand as started all the same, and would end as unknown: take that back.
            self._records.submit(Result(claimed, None, "queued"))
            raise

    def _record(self, results: list[Result]) -> list[None]:
        deliveries, late = self._record_when_possible(results)
        if deliveries:
            self._ring(queue.WEBHOOKS)
        if late:
            FENCED.labels("record").inc(late)
            log.warning("send.fenced", step="record", messages=late)
        return [None] * len(results)

    def _record_when_possible(self, results: list[Result]) -> tuple[int, int]:
        """What SES said is known here alone, so it waits for a database that is away, as long as
        a lease lasts; what is not recorded then becomes `unknown`. Nothing new is sent meanwhile.
        """
        ends = time.monotonic() + self._jobs.lease_seconds
        while True:
            try:
                return self._jobs.record(results)
            except _AWAY as error:
                if time.monotonic() > ends:
                    raise
                log.warning("send.record_waits", messages=len(results), error=type(error).__name__)
                time.sleep(_RECORD_PAUSE_SECONDS)


def _result(claimed: Claimed, attempt: int, outcome: Outcome) -> Result:
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
            return Result(claimed, sighting("unknown", reason), "unknown")
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


def _tell(claimed: Claimed, attempt: int, outcome: Outcome) -> None:
    """One line for each outcome, and its count."""
    match outcome:
        case Accepted(external_id):
            SENT.inc()
            waited = (clock.now() - claimed.row["created_at"]).total_seconds()
            ACCEPTED_TO_SENT.observe(waited)
            log.info("send.accepted", external_id=external_id, **_ids(claimed), attempt=attempt)
            return
        case Rejected(code):
            FAILED.labels(code).inc()
        case Later(code):
            RETRIED.labels(code).inc()
        case Unknown(code):
            UNKNOWN.labels(code).inc()
    kind = type(outcome).__name__.lower()
    log.warning("send.not_accepted", outcome=kind, reason=code, attempt=attempt, **_ids(claimed))


def _ids(claimed: Claimed) -> dict[str, str]:
    ours = {"message_id": ids.encode(ids.MESSAGE, claimed.id)}
    request_id = claimed.row["request_id"]
    return ours | ({"request_id": request_id} if request_id else {})
