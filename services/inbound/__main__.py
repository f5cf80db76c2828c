"""`python -m services.inbound`: received mail, for now only looked at from outside."""

import sys

from common import aws, logs, metrics, process, worker
from common.settings import Settings
from services.inbound.feed import watch

log = logs.get(__name__)


def main() -> None:
    """Wire, look, until told to stop."""
    settings = Settings()
    process.begin(settings, "inbound")
    stopping = worker.stop_on_signals()
    if settings.inbound_queue_url is None:
        sys.exit("POSTROOM_INBOUND_QUEUE_URL is not set: the SQS queue of received mail")
    sqs = aws.client(settings, "sqs", read_timeout=5)
    stop_metrics = metrics.serve(settings)
    log.info("worker.ready", metrics_port=settings.metrics_port)
    watch(sqs, settings.inbound_queue_url, stopping)
    stop_metrics()
    log.info("worker.stopped")


if __name__ == "__main__":
    main()
