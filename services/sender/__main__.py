"""`python -m services.sender`: messages from Postgres to SES."""

from prometheus_client import REGISTRY

from common import aws, db, logs, metrics, queue, worker
from common.settings import Settings
from services.sender import actors, jobs
from services.sender.send import Sender
from services.sender.ses import Ses


def main() -> None:
    """Wire, listen, work until told to stop."""
    settings = Settings()
    logs.configure(settings, "sender")
    stopping = worker.stop_on_signals()
    engine = db.make_engine(settings)
    doorbell = queue.Doorbell(settings)
    client = aws.client(
        settings,
        "sesv2",
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
        connections=settings.sender_threads,
    )
    sender = Sender(
        engine,
        jobs.Jobs(engine, settings.send_lease_seconds, settings.wire_domain),
        Ses(client, settings.configuration_set),
        doorbell.ring,
    )
    room = worker.Room(queue.SENDER, sender, settings.sender_threads, settings.tick_seconds)
    actors.declare(doorbell, room)
    REGISTRY.register(metrics.OldestWaiting(engine, queue.SENDER, jobs.OLDEST_WAITING))
    with worker.serving(settings, doorbell, queue.SENDER):
        room.run(stopping)
    sender.close()
    engine.dispose()


if __name__ == "__main__":
    main()
