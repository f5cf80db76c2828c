"""What has come of attempts, told: a number and a line for each."""

import logging
import time
from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram

from common import ids, logs, metrics
from services.webhooks.client import Answer
from services.webhooks.health import Sign
from services.webhooks.jobs import Result
from services.webhooks.standing import Changes

# Their outcomes: delivered, retried, exhausted, cancelled, gone
DELIVERIES: Final = Counter(
    "postroom_deliveries_total", "Deliveries by what came of them", ["outcome"]
)
# By the class of the status (2xx to 5xx), or `error` where there was none.
ATTEMPTS: Final = Counter("postroom_attempts_total", "Calls to endpoints", ["outcome"])
EVENT_TO_DELIVERED: Final = Histogram(
    "postroom_event_to_delivered_seconds",
    "From the event to the endpoint's 2xx",
    buckets=metrics.SECONDS,
)
# Endpoints that are not called any more, only now and then, or again as usual.
ENDPOINTS: Final = Counter("postroom_endpoints_total", "What became of endpoints", ["change"])

_OUTCOMES: Final = {
    "delivered": "delivered",
    "pending": "retried",
    "exhausted": "exhausted",
}

log = logs.get(__name__)


def report(result: Result, answer: Answer) -> None:
    """Count one attempt and say it."""
    row = result.claimed.row
    outcome = "gone" if result.sign is Sign.GONE else _OUTCOMES[result.state]
    _count(ATTEMPTS, f"{answer.status // 100}xx" if answer.status else "error").inc()
    _count(DELIVERIES, outcome).inc()
    if outcome == "delivered":
        EVENT_TO_DELIVERED.observe(time.time() - row["created_at"].timestamp())
    if log.is_enabled_for(logging.INFO):
        _tell(result, answer, outcome)


def _tell(result: Result, answer: Answer, outcome: str) -> None:
    """Its line, whose ids take longer to spell than the rest takes to count."""
    row = result.claimed.row
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


@cache
def _count(counter: Counter, label: str) -> Counter:
    """Remembered: to find one takes longer than to count."""
    return counter.labels(label)


def changes(found: Changes) -> None:
    """The same for endpoints that attempts have changed."""
    for change in ("disabled", "opened", "closed"):
        for webhook_id in getattr(found, change):
            ENDPOINTS.labels(change).inc()
            log.warning(
                "webhook.changed", change=change, webhook_id=ids.encode(ids.WEBHOOK, webhook_id)
            )
