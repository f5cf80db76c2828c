"""Sending: what the sender does with one message, from the claim to the recorded result.

The natural way is `attempt`, read from top to bottom, and then `record`. What makes it safe is the
order: the claim is committed before anything else; `start` is committed before SES is called, and
refuses one that is not ours any more; the result is recorded only where it still is.

It lives in one event loop, and asks Postgres in threads beside it: a set of messages at a time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from common import crash, logs, queue, tracing
from common.aside import Aside
from common.batch import Batcher
from services.sender import outcomes
from services.sender.ahead import Ahead
from services.sender.composer import Composer
from services.sender.gate import Gate
from services.sender.jobs import Claimed, Jobs, Result
from services.sender.mail import envelope
from services.sender.recording import record
from services.sender.ses import Accepted, Outcome, Rejected, Ses
from services.sender.tidy import Tidier

log = logs.get(__name__)

FENCED = Counter("postroom_sends_fenced_total", "Messages lost to another worker", ["step"])


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with. `calls`: to SES, at one time; `grace`: see `outcomes.result`."""

    jobs: Jobs
    composer: Composer
    tidier: Tidier
    gate: Gate
    ses: Ses
    calls: int
    grace: timedelta
    ring: Callable[[str], None]


class Sender:
    """The work of the room `sender` (`common.room.Work`)."""

    def __init__(self, desk: Desk) -> None:
        """In the running loop."""
        self._desk = desk
        self._jobs = desk.jobs
        self._gate = desk.gate
        self._claiming, self._starting, self._recording = map(Aside, ("claim", "start", "record"))
        self._starts: Batcher[Claimed, int | None] = Batcher(self._start_set, writers=1)
        self._ahead = Ahead(desk.calls)
        self._calls = asyncio.Semaphore(desk.calls)
        self._suspect: UUID | None = None

    async def claim(self, most: int) -> list[Claimed]:
        """Messages that are due, as many as can leave soon."""
        messages, recipients = self._gate.room(most)
        if not messages:
            return []
        claims = await self._claiming(self._claim, messages, recipients)
        self._gate.enter(claims)
        if claims:
            crash.at("after_claim")
        return claims

    async def attempt(self, claimed: Claimed) -> Result | None:
        """Compose, wait for its turn, start, call SES; what is to be recorded, if anything."""
        result = None
        try:
            with tracing.span("send", claimed.row["trace"]):
                result = await self._send(claimed, await self._desk.composer.compose(claimed))
        except Exception:
            self._desk.tidier.owe(claimed)
            raise
        finally:
            self._gate.leave([claimed])
            if result is None:
                self._clear(claimed)
        return result

    async def record(self, results: list[Result]) -> None:
        """What was started and is not recorded becomes unknown when its lease is over."""
        try:
            deliveries, late = await self._recording(record, self._jobs, results)
        except Exception:
            for one in results:
                self._desk.tidier.owe(one.claimed)
            raise
        finally:
            for one in results:
                self._clear(one.claimed)
        for one in results:
            crash.at("after_record", outcomes.ids_of(one.claimed)["message_id"])
        if deliveries:
            self._desk.ring(queue.WEBHOOKS)
        if late:
            FENCED.labels("record").inc(late)
            log.warning("send.fenced", step="record", messages=late)

    async def give_back(self, jobs: list[Claimed]) -> None:
        """Claimed and not started: for anybody."""
        self._gate.leave(jobs)
        await self._claiming(self._jobs.give_back, jobs)

    async def close(self) -> None:
        """When nothing is under way any more."""
        await self._starts.close()
        await self._gate.close()
        self._desk.composer.close()
        for thread in (self._claiming, self._starting, self._recording):
            thread.close()

    async def _send(self, claimed: Claimed, mime: list[bytes] | Rejected) -> Result | None:
        # What cannot be composed is recorded at once; it is no matter of SES.
        is_mail = not isinstance(mime, Rejected)
        lead = self._ahead.lead_seconds
        moment = await self._gate.wait(claimed, lead) if is_mail else 0.0
        if moment is None:
            await self._claiming(self._jobs.give_back, [claimed])
            return None
        async with self._ahead.place():
            return await self._start(claimed, mime, moment)

    async def _start(
        self, claimed: Claimed, mime: list[bytes] | Rejected, moment: float
    ) -> Result | None:
        label = outcomes.ids_of(claimed)["message_id"]
        crash.at("before_start", label)
        try:
            with self._ahead.start.taking():
                attempt = await self._starts.submit(claimed)
        except sa.exc.SQLAlchemyError:
            # It may stand as started all the same, and would end as unknown: take that back.
            log.exception("send.start_failed")
            return Result(claimed, None, "queued", not_made=1)
        if attempt is None:
            FENCED.labels("start").inc()
            log.warning("send.fenced", step="start", **outcomes.ids_of(claimed))
            return None
        crash.at("before_ses", label)
        said = (
            mime if isinstance(mime, Rejected) else await self._call(claimed, mime, moment, attempt)
        )
        if said is None:
            return Result(claimed, None, "queued", not_made=1)
        outcomes.tell(claimed, attempt, said)
        result = outcomes.result(claimed, attempt, said, self._desk.grace)
        return replace(result, not_made=int(said is mime))

    async def _call(
        self, claimed: Claimed, mime: list[bytes], moment: float, attempt: int
    ) -> Outcome | None:
        async with self._calls:
            if not await self._gate.go(claimed, moment):
                return None
            self._gate.goes(claimed, attempt)
            with self._ahead.call.taking():
                outcome = await self._desk.ses.send(envelope(claimed, mime, attempt))
        if isinstance(outcome, Accepted):
            crash.at("after_ses_accept", outcomes.ids_of(claimed)["message_id"])
        self._gate.heed(outcome)
        return outcome

    async def _start_set(self, claims: list[Claimed]) -> list[int | None]:
        return await self._starting(self._jobs.start, claims)

    def _clear(self, claimed: Claimed) -> None:
        """It has not killed us; what it would have left unrecorded is recorded."""
        if claimed.id == self._suspect:
            self._suspect = None

    def _claim(self, messages: int, recipients: float) -> list[Claimed]:
        """A suspect goes alone, one at a time in each process: so it takes no other with it."""
        if not self._suspect and self._desk.tidier.may_be_suspects:
            suspects = self._jobs.claim_suspect()
            self._desk.tidier.may_be_suspects = bool(suspects)
            for one in suspects:
                self._suspect = one.id
                return [one]
        return self._jobs.claim(messages, recipients)
