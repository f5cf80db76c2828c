"""`python -m services.webhooks`: events from Postgres to the endpoints of customers."""

import threading

import uvloop
from prometheus_client import REGISTRY

from common import db, housekeeping, metrics, process, queue, worker
from common.queue import Doorbell
from common.room import Room
from common.settings import Settings
from common.vault import Vault
from services.webhooks import actors, claims, endpoints, held
from services.webhooks.client import WebhookClient
from services.webhooks.deliver import Deliverer
from services.webhooks.jobs import Jobs


def main() -> None:
    """Wire, listen, work until told to stop."""
    settings = Settings()
    process.begin(settings, "webhooks")
    stopping = worker.stop_on_signals()
    vault = Vault.of(settings)
    engine = db.make_engine(settings, pool_size=2)  # for what has a thread of its own
    doorbell = Doorbell(settings)
    oldest = metrics.oldest_waiting(queue.WEBHOOKS, claims.OLDEST_WAITING)
    REGISTRY.register(metrics.Asked(engine, oldest, *endpoints.QUESTIONS))
    with housekeeping.running(engine, housekeeping.events(settings.keep_events_days)):
        uvloop.run(_deliver(settings, vault, doorbell, stopping))
    engine.dispose()


async def _deliver(
    settings: Settings, vault: Vault, doorbell: Doorbell, stopping: threading.Event
) -> None:
    engine = db.make_async_engine(settings, pool_size=4, patience=db.OF_WORKERS)
    client = WebhookClient(
        settings.webhook_timeout_seconds,
        settings.webhook_allow_private,
        proxy_url=settings.egress_proxy_url,
    )
    jobs = Jobs(engine, settings.delivery_lease_seconds, settings.webhook_endpoint_limit)
    deliverer = Deliverer(jobs, client, vault, doorbell.ring)
    places = settings.webhook_connections
    room = Room(queue.WEBHOOKS, deliverer, places, settings.tick_seconds, ready=2 * places)
    actors.declare(doorbell, room)
    worker.hear_signals(stopping, room.wake)
    with worker.serving(settings, doorbell, queue.WEBHOOKS):
        if settings.hold_webhooks:
            await held.stand_still(stopping)
        await room.run(stopping)
    await deliverer.close()
    await engine.dispose()


if __name__ == "__main__":
    main()
