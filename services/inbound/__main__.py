"""`python -m services.inbound`: received mail from SES's queue to Postgres."""

import sys

from common import aws, db, logs, metrics, process, queue, worker
from common.letterbox import POLL_SECONDS, Letterbox
from common.settings import Settings
from common.sqs import Sqs
from services.inbound.depth import Depth
from services.inbound.feed import Feed
from services.inbound.parsing.children import Children
from services.inbound.receipt import read
from services.inbound.receive import Receiver

log = logs.get(__name__)


def main() -> None:
    """Wire, receive, until told to stop."""
    settings = Settings()
    process.begin(settings, "inbound")
    stopping = worker.stop_on_signals()
    url = settings.inbound_queue_url
    if url is None:
        sys.exit("POSTROOM_INBOUND_QUEUE_URL is not set: the SQS queue of received mail")
    places = 2 * settings.inbound_parsers  # while one is parsed, another is fetched or stored
    engine = db.make_engine(settings, pool_size=places)
    doorbell = queue.Doorbell(settings)
    ringer = queue.Ringer(doorbell)
    sqs = Sqs(settings, read_timeout=POLL_SECONDS + 3)
    letterbox = Letterbox(sqs, url, read, calls=1)
    s3 = aws.client(settings, "s3", connections=places)
    stop_metrics = metrics.serve(settings)
    with Children(settings.inbound_parsers, settings.inbound_parse_seconds) as children:
        receiver = Receiver(engine, s3, children, lambda: ringer.ring(queue.WEBHOOKS))
        feed = Feed(letterbox, receiver.take, places, Depth(sqs, url).look)
        log.info("worker.ready", metrics_port=settings.metrics_port)
        feed.run(stopping)
    sqs.close()
    stop_metrics()
    ringer.close()
    doorbell.close()
    engine.dispose()
    log.info("worker.stopped")


if __name__ == "__main__":
    main()
