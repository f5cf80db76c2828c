"""`python -m services.webhooks`: events from Postgres to the endpoints of customers."""

from prometheus_client import REGISTRY

from common import db, housekeeping, metrics, process, queue, worker
from common.settings import Settings
from services.webhooks import actors, jobs
from services.webhooks.client import WebhookClient
from services.webhooks.deliver import Deliverer


def main() -> None:
    """Wire, listen, work until told to stop."""
    settings = Settings()
    process.begin(settings, "webhooks")
    stopping = worker.stop_on_signals()
    engine = db.make_engine(settings)
    doorbell = queue.Doorbell(settings)
    client = WebhookClient(settings.webhook_timeout_seconds, settings.webhook_allow_private)
    deliverer = Deliverer(jobs.Jobs(engine, settings.delivery_lease_seconds), client, doorbell.ring)
    room = worker.Room(queue.WEBHOOKS, deliverer, settings.webhook_threads, settings.tick_seconds)
    actors.declare(doorbell, room)
    REGISTRY.register(metrics.OldestWaiting(engine, queue.WEBHOOKS, jobs.OLDEST_WAITING))
    old = housekeeping.events(settings.keep_events_days)
    with worker.serving(settings, doorbell, queue.WEBHOOKS), housekeeping.running(engine, old):
        room.run(stopping)
    deliverer.close()
    engine.dispose()


if __name__ == "__main__":
    main()
