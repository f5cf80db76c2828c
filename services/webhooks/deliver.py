"""Delivering: what the webhook worker does with one delivery, from the claim to the record.

The natural way is `perform`, read from top to bottom: render, sign, post, judge, record.
"""

from collections.abc import Callable
from random import random
from typing import Final

import orjson
from prometheus_client import Counter, Histogram

from common import clock, crash, events, ids, logs, metrics, queue
from common.batch import Group
from services.webhooks import schedule, signing
from services.webhooks.client import Answer, WebhookClient
from services.webhooks.jobs import Claimed, Jobs, Result

log = logs.get(__name__)

# Their outcomes: delivered, retried, exhausted, cancelled, gone
DELIVERIES = Counter("postroom_deliveries_total", "Deliveries by what came of them", ["outcome"])
# By the class of the status (2xx to 5xx), or `error` where there was none.
ATTEMPTS = Counter("postroom_attempts_total", "Calls to endpoints", ["outcome"])
EVENT_TO_DELIVERED = Histogram(
    "postroom_event_to_delivered_seconds",
    "From the event to the endpoint's 2xx",
    buckets=metrics.SECONDS,
)

_GONE: Final = 410


class Deliverer:
    """The work of the room `webhooks` (`common.worker.Work`)."""

    def __init__(self, jobs: Jobs, client: WebhookClient, ring: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._client = client
        self._ring = ring
        self._records: Group[Result, None] = Group("record", self._record)

    def claim(self, most: int) -> list[Claimed]:
        """Deliveries that are due."""
        return self._jobs.claim(most)

    def perform(self, claimed: Claimed) -> None:
        """One attempt."""
        row = claimed.row
        if not row["wanted"]:
            DELIVERIES.labels("cancelled").inc()
            self._records.submit(Result(claimed, "cancelled", None))
            return
        body = orjson.dumps(events.envelope(row, row["text"], row["html"]))
        answer = self._client.post(row["url"], body, _headers(claimed, body))
        crash.at("after_post")
        result = judge(claimed, answer)
        _tell(result, answer)
        self._records.submit(result)

    def give_back(self, jobs: list[Claimed]) -> None:
        """Claimed and not attempted: for anybody."""
        self._jobs.give_back(jobs)

    def close(self) -> None:
        """After the last `perform`."""
        self._records.close()
        self._client.close()

    def _record(self, results: list[Result]) -> list[None]:
        disabled = self._jobs.record(results)
        for webhook_id in disabled:
            log.warning("webhook.disabled", webhook_id=ids.encode(ids.WEBHOOK, webhook_id))
        if disabled:
            self._ring(queue.WEBHOOKS)
        return [None] * len(results)


def _headers(claimed: Claimed, body: bytes) -> dict[str, str]:
    row = claimed.row
    event_id = ids.encode(ids.EVENT, row["id"])
    seconds = int(clock.now().timestamp())
    signed = signing.headers([row["secret"]], event_id, seconds, body)
    return {"content-type": "application/json", **signed}


def judge(claimed: Claimed, answer: Answer) -> Result:
    """Where an attempt leaves its delivery, by the contract: 2xx is success, 410 ends the
    endpoint, anything else is tried again by the table until it ends.
    """

    if answer.delivered:
        return Result(claimed, "delivered", answer)
    if answer.status == _GONE:
        return Result(claimed, "cancelled", answer, disable=True)
    now = clock.now()
    asked = schedule.parse_retry_after(answer.retry_after, now)
    due = schedule.next_attempt(claimed.row["attempts"], now, asked, random)
    if due is None:
        return Result(claimed, "exhausted", answer)
    return Result(claimed, "pending", answer, pause=due - now)


def _tell(result: Result, answer: Answer) -> None:
    """One line for each outcome, and its count."""
    row = result.claimed.row
    outcome = "gone" if result.disable else _OUTCOMES[result.state]
    ATTEMPTS.labels(f"{answer.status // 100}xx" if answer.status else "error").inc()
    DELIVERIES.labels(outcome).inc()
    if outcome == "delivered":
        waited = (clock.now() - row["created_at"]).total_seconds()
        EVENT_TO_DELIVERED.observe(waited)
    request = {"request_id": row["request_id"]} if row["request_id"] else {}
    log.info(
        "delivery.attempted",
        outcome=outcome,
        event_id=ids.encode(ids.EVENT, row["id"]),
        delivery_id=ids.encode(ids.DELIVERY, row["delivery_id"]),
        webhook_id=ids.encode(ids.WEBHOOK, row["webhook_id"]),
        attempt=row["attempts"],
        status=answer.status,
        error_kind=answer.error,
        latency_ms=answer.latency_ms,
        retry_seconds=result.pause and round(result.pause.total_seconds()),
        **request,
    )


_OUTCOMES: Final = {
    "delivered": "delivered",
    "pending": "retried",
    "exhausted": "exhausted",
}
