"""Delivering: what the webhook worker does with one delivery, from the claim to the record.

The natural way is `attempt`, read from top to bottom: render, sign, post, judge; then `record`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from random import random
from typing import Final
from uuid import UUID

import orjson

from common import clock, crash, events, ids, logs, queue, tracing
from common.resources import Row
from common.vault import Vault, VaultError
from services.webhooks import report, schedule, signing
from services.webhooks.client import Answer, WebhookClient
from services.webhooks.health import Sign
from services.webhooks.jobs import Claimed, Jobs, Result
from services.webhooks.lateness import Lateness

log = logs.get(__name__)

_GONE: Final = 410
_TOO_MANY: Final = 429
_SECRETS: Final = 1024  # that are kept open
_OURS: Final = timedelta(seconds=60)
"""Until the next try where ours was the fault."""


class Deliverer:
    """The work of the room `webhooks` (`room.Work`)."""

    def __init__(
        self, jobs: Jobs, client: WebhookClient, vault: Vault, ring: Callable[[str], None]
    ) -> None:
        """In the running loop."""
        self._jobs = jobs
        self._client = client
        # A sealed text never opens to something else; to open it takes longer than to sign with it.
        self._opened = lru_cache(_SECRETS)(vault.open)
        self._ring = ring
        self._in_hand: Counter[UUID] = Counter()
        self._lateness = Lateness(jobs.limit)

    async def claim(self, most: int) -> list[Claimed]:
        """Deliveries that are due."""
        claims = await self._jobs.claim(most, self._in_hand)
        self._in_hand.update(one.row["webhook_id"] for one in claims)
        self._lateness.claimed((one.row for one in claims), self._in_hand)
        return claims

    async def attempt(self, claimed: Claimed) -> Result:
        """One attempt, which is yet to be recorded."""
        try:
            with tracing.span("deliver", claimed.row["trace"], kind="client", root=True):
                result = await self._attempt(claimed)
                _note(result)
                return result
        except BaseException:
            self._leave(claimed)
            raise

    async def record(self, results: list[Result]) -> None:
        """In one set."""
        try:
            changes = await self._jobs.record(results)
        finally:
            for one in results:
                self._leave(one.claimed)
        report.changes(changes)
        if changes.disabled:
            await asyncio.to_thread(self._ring, queue.WEBHOOKS)

    async def give_back(self, jobs: list[Claimed]) -> None:
        """Claimed and not attempted: for anybody."""
        for claimed in jobs:
            self._leave(claimed)
        await self._jobs.give_back(jobs)

    async def close(self) -> None:
        """After the last `record`."""
        await self._client.close()

    async def _attempt(self, claimed: Claimed) -> Result:
        row = claimed.row
        if not row["wanted"]:
            report.DELIVERIES.labels("cancelled").inc()
            return Result(claimed, "cancelled", None)
        bodies = row["text"], row["html"], row["extracted_text"]
        body = orjson.dumps(events.envelope(row, *bodies))
        try:
            headers = self._headers(row, body)
        except VaultError as error:
            webhook_id = ids.encode(ids.WEBHOOK, row["webhook_id"])
            log.warning("webhook.secret_unreadable", webhook_id=webhook_id, reason=str(error))
            return Result(claimed, "pending", None, pause=_OURS)
        self._lateness.observe(row)
        answer = await self._client.post(row["url"], body, headers)
        crash.at("after_post")
        result = judge(claimed, answer)
        report.report(result, answer)
        return result

    def _headers(self, row: Row, body: bytes) -> dict[str, str]:
        """With every secret that is live, the new one first."""
        sealed = filter(None, (row["secret"], row["old_secret"]))
        secrets = [self._opened(one, row["webhook_id"]) for one in sealed]
        seconds = int(time.time())
        signed = signing.headers(secrets, ids.encode(ids.EVENT, row["id"]), seconds, body)
        return {"content-type": "application/json", **signed, **tracing.headers()}

    def _leave(self, claimed: Claimed) -> None:
        webhook_id = claimed.row["webhook_id"]
        self._in_hand[webhook_id] -= 1
        if not self._in_hand[webhook_id]:
            del self._in_hand[webhook_id]


def _note(result: Result) -> None:
    if tracing.current() is None:
        return
    row = result.claimed.row
    tracing.note(
        organization_id=row["organization_id"],
        event_id=row["id"],
        delivery_id=row["delivery_id"],
        webhook_id=row["webhook_id"],
        message_id=row["message_id"],
        attempt=row["attempts"],
        outcome=result.state,
    )
    if answer := result.answer:
        error = None if answer.delivered else answer.error or str(answer.status)
        tracing.note(status=answer.status, error=error)


def judge(claimed: Claimed, answer: Answer) -> Result:
    """Where an attempt leaves its delivery, by the contract: 2xx is success, 410 ends the
    endpoint, anything else is tried again by the table until it ends. A fault of our own proxy
    says nothing of the endpoint, and costs the delivery none of its attempts.
    """
    if answer.delivered:
        return Result(claimed, "delivered", answer, sign=Sign.GOOD)
    if answer.blameless:
        return Result(claimed, "pending", answer, pause=_OURS)
    if answer.status == _GONE:
        return Result(claimed, "cancelled", answer, sign=Sign.GONE)
    now = clock.now()
    asked = schedule.parse_retry_after(answer.retry_after, now)
    overloaded = answer.timed_out or answer.status == _TOO_MANY
    due = schedule.next_attempt(claimed.row["attempts"], now, asked, random, overloaded=overloaded)
    if due is None:
        return Result(claimed, "exhausted", answer, sign=Sign.FAILED)
    return Result(claimed, "pending", answer, pause=due - now, sign=Sign.FAILED)
