"""`python -m services.status`: what SES reports, from SQS to Postgres."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from prometheus_client import REGISTRY

from common import db, housekeeping, logs, metrics, process, queue, worker
from common.letterbox import CALLS, POLL_SECONDS, Letterbox
from common.settings import Settings
from common.sqs import Sqs
from services.status import crew, feedback
from services.status.brake import PAUSED_NOW, Brake, Lines
from services.status.feed import Feed
from services.status.horizon import COUNTS_LAG
from services.status.parse import parse

log = logs.get(__name__)


def main() -> None:
    """Wire, read, until told to stop."""
    settings = Settings()
    process.begin(settings, "status")
    stopping = worker.stop_on_signals()
    if settings.feedback_queue_url is None:
        sys.exit("POSTROOM_FEEDBACK_QUEUE_URL is not set: the SQS queue of SES's events")
    engine = db.make_engine(settings, pool_size=crew.MOST + 2)
    doorbell = queue.Doorbell(settings)
    sqs = Sqs(settings, read_timeout=POLL_SECONDS + 3, connections=crew.MOST * CALLS)
    url = settings.feedback_queue_url
    letterboxes = [Letterbox(sqs, url, parse) for _ in range(crew.MOST)]
    ringer = queue.Ringer(doorbell)
    ring = partial(ringer.ring, queue.WEBHOOKS)
    brake = _brake(settings, engine, ring)
    feeds = [Feed(one, engine, ring, _margin(settings), brake) for one in letterboxes]
    old = housekeeping.feedback(settings.keep_feedback_days), housekeeping.idempotency()
    oldest = metrics.oldest_waiting("feedback", feedback.OLDEST_WAITING)
    REGISTRY.register(metrics.Asked(engine, oldest, PAUSED_NOW))
    stop_metrics = metrics.serve(settings)
    log.info("worker.ready", metrics_port=settings.metrics_port)
    with housekeeping.running(engine, *old):
        crew.run(feeds, stopping)
    sqs.close()
    stop_metrics()
    ringer.close()
    doorbell.close()
    engine.dispose()
    log.info("worker.stopped")


def _margin(settings: Settings) -> timedelta:
    """A grace shorter than the usual one wants its end told sooner, and by counts as old."""
    return min(COUNTS_LAG, timedelta(seconds=settings.ambiguous_grace_seconds / 10))


def _brake(settings: Settings, engine: sa.Engine, ring: Callable[[], None]) -> Brake | None:
    if not settings.brake:
        return None
    lines = Lines.of_rates(settings.brake_bounce_rate, settings.brake_complaint_rate)
    return Brake(engine, lines, ring)


if __name__ == "__main__":
    main()
