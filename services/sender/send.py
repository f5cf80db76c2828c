"""Sending: what the sender does with one message, from the claim to the recorded result.

The natural way is `perform`, read from top to bottom. What makes it safe is the order: the claim
is committed before anything else; `start` is committed before SES is called, and refuses one
that is not ours any more; the result is recorded only where it still is.
"""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from common import crash, logs, queue, tracing
from common.addresses import AddressError
from common.batch import Group
from services.sender import outcomes
from services.sender.compose import ComposeError, compose
from services.sender.gate import Gate
from services.sender.jobs import Claimed, Jobs, Result
from services.sender.mail import envelope, outgoing
from services.sender.ses import Accepted, Outcome, Rejected, Ses
from services.sender.tidy import Tidier

log = logs.get(__name__)

FENCED = Counter("postroom_sends_fenced_total", "Messages lost to another worker", ["step"])

_RECORD_PAUSE_SECONDS: Final = 0.5
# The connection was lost or never made, or (in a failover) leads to a server that may not write.
_AWAY: Final = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.TimeoutError,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with. `calls`: to SES, at one time; `grace`: see `outcomes.result`."""

    engine: sa.Engine
    jobs: Jobs
    tidier: Tidier
    gate: Gate
    ses: Ses
    calls: int
    grace: timedelta
    ring: Callable[[str], None]


class Sender:
    """The work of the room `sender` (`common.worker.Work`)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._jobs = desk.jobs
        self._gate = desk.gate
        self._starts: Group[Claimed, int | None] = Group("start", desk.jobs.start)
        self._records: Group[Result, None] = Group("record", self._record)
        # There are more threads than places: who composes or records holds none.
        self._places = threading.BoundedSemaphore(desk.calls)
        self._suspect: UUID | None = None

    def claim(self, most: int) -> list[Claimed]:
        """Messages that are due, as many as can leave soon."""
        messages, recipients = self._gate.room(most)
        if not messages:
            return []
        claims = self._claim_suspect() or self._jobs.claim(messages, recipients)
        self._gate.enter(claims)
        if claims:
            crash.at("after_claim")
        return claims

    def perform(self, claimed: Claimed) -> None:
        """Compose, wait for its turn, start, call SES, record."""
        try:
            with tracing.span("send", claimed.row["trace"]):
                self._perform(claimed)
        except Exception:
            self._desk.tidier.owe(claimed)
            raise
        finally:
            self._gate.leave([claimed])
            if claimed.id == self._suspect:
                self._suspect = None

    def give_back(self, jobs: list[Claimed]) -> None:
        """Claimed and not started: for anybody."""
        self._gate.leave(jobs)
        self._jobs.give_back(jobs)

    def close(self) -> None:
        """After the last `perform`."""
        self._starts.close()
        self._records.close()

    def _perform(self, claimed: Claimed) -> None:
        mime = self._compose(claimed)
        result = self._send(claimed, mime)
        if result is not None:
            self._records.submit(result)
            crash.at("after_record", outcomes.ids_of(claimed)["message_id"])

    def _send(self, claimed: Claimed, mime: list[bytes] | Rejected) -> Result | None:
        """What is to be recorded, if anything."""
        # What cannot be composed is recorded at once; it is no matter of SES.
        is_mail = not isinstance(mime, Rejected)
        with self._places if is_mail else nullcontext():
            moment = self._gate.wait(claimed) if is_mail else 0.0
            if moment is None:
                self._jobs.give_back([claimed])
                return None
            label = outcomes.ids_of(claimed)["message_id"]
            crash.at("before_start", label)
            attempt = self._start(claimed)
            if attempt is None:
                FENCED.labels("start").inc()
                log.warning("send.fenced", step="start", **outcomes.ids_of(claimed))
                return None
            crash.at("before_ses", label)
            self._gate.go(moment)
            outcome = mime if isinstance(mime, Rejected) else self._call(claimed, mime, attempt)
        outcomes.tell(claimed, attempt, outcome)
        result = outcomes.result(claimed, attempt, outcome, self._desk.grace)
        return replace(result, not_made=int(outcome is mime))

    def _compose(self, claimed: Claimed) -> list[bytes] | Rejected:
        try:
            return compose(outgoing(self._desk.engine, claimed))
        except (ComposeError, AddressError) as error:
            return Rejected(type(error).__name__, str(error))

    def _start(self, claimed: Claimed) -> int | None:
        try:
            return self._starts.submit(claimed)
        except sa.exc.SQLAlchemyError:
            # It may stand as started all the same, and would end as unknown: take that back.
            self._records.submit(Result(claimed, None, "queued", not_made=1))
            raise

    def _call(self, claimed: Claimed, mime: list[bytes], attempt: int) -> Outcome:
        self._gate.goes(claimed, attempt)
        outcome = self._desk.ses.send(envelope(claimed, mime, attempt))
        if isinstance(outcome, Accepted):
            crash.at("after_ses_accept", outcomes.ids_of(claimed)["message_id"])
        self._gate.heed(outcome)
        return outcome

    def _record(self, results: list[Result]) -> list[None]:
        deliveries, late = self._record_when_possible(results)
        if deliveries:
            self._desk.ring(queue.WEBHOOKS)
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

    def _claim_suspect(self) -> list[Claimed]:
        """One at a time in each process, so that it takes no other suspect with it."""
        if self._suspect or not self._desk.tidier.may_be_suspects:
            return []
        claims = self._jobs.claim_suspect()
        self._desk.tidier.may_be_suspects = bool(claims)
        for one in claims:
            self._suspect = one.id
        return claims
