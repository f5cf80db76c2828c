"""`python -m services.sender`: messages from Postgres to SES."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from prometheus_client import REGISTRY

from common import aws, db, metrics, process, queue, worker
from common.settings import Settings
from common.signed import Signed
from services.sender import actors, held, jobs, wire
from services.sender.account import Account
from services.sender.gate import Gate
from services.sender.leftovers import Leftovers
from services.sender.pacing import Pace
from services.sender.send import Desk, Sender
from services.sender.ses import Ses
from services.sender.tidy import Tidier

_FIRST_LOOK_SECONDS: Final = 2.0
"""How long the first claim waits for the account, which it cannot do without; the next is a tick
later.
"""

_PACE_TIMEOUT_SECONDS: Final = 0.3
"""Every message of this process waits for an answer of Redis that does not come; with 1 s, and one
of a hundred answers lost, half the rate was lost with them.
"""


def main() -> None:
    """Wire, listen, work until told to stop."""
    settings = Settings()
    process.begin(settings, "sender")
    stopping = worker.stop_on_signals()
    engine = db.make_engine(settings, pool_size=6)
    doorbell = queue.Doorbell(settings)
    redis = queue.connect(settings, _PACE_TIMEOUT_SECONDS)
    pace = Pace(redis, settings.redis_prefix, settings.sender_processes)
    ringer = queue.Ringer(doorbell)
    desk, account = _desk(settings, engine, pace, ringer)
    sender = Sender(desk)
    # While those call SES, these compose or record.
    threads = settings.sender_threads + settings.sender_threads // 2
    room = worker.Room(queue.SENDER, sender, threads, settings.tick_seconds)
    actors.declare(doorbell, room)
    oldest = metrics.oldest_waiting(queue.SENDER, jobs.OLDEST_WAITING)
    REGISTRY.register(metrics.Asked(engine, oldest))
    _begin("account", account.run, stopping)
    account.was_looked_at.wait(_FIRST_LOOK_SECONDS)
    with worker.serving(settings, doorbell, queue.SENDER):
        if settings.hold_sends:
            held.stand_still(stopping)
        _begin("tidier", desk.tidier.run, stopping)
        room.run(stopping)
        sender.close()
        ringer.close()
    pace.close()
    engine.dispose()


def _begin(name: str, run: Callable[[threading.Event], None], stopping: threading.Event) -> None:
    threading.Thread(target=run, args=(stopping,), name=name, daemon=True).start()


def _desk(
    settings: Settings, engine: sa.Engine, pace: Pace, ringer: queue.Ringer
) -> tuple[Desk, Account]:
    connect, read = settings.ses_connect_timeout_seconds, settings.ses_read_timeout_seconds
    client = aws.client(settings, "sesv2", connect_timeout=connect, read_timeout=read)
    signed = Signed(
        settings,
        "sesv2",
        wire.PATH,
        connect_timeout=connect,
        read_timeout=read,
        connections=settings.sender_threads,
    )
    account = Account(client, pace.allow, settings.max_send_rate)
    grace = timedelta(seconds=settings.ambiguous_grace_seconds)
    queued = jobs.Jobs(engine, settings.send_lease_seconds, settings.wire_domain)
    desk = Desk(
        engine=engine,
        jobs=queued,
        tidier=Tidier(queued, Leftovers(engine, settings.ambiguous_send, grace), ringer.ring),
        gate=Gate(account, pace),
        ses=Ses(signed, settings.configuration_set),
        calls=settings.sender_threads,
        grace=grace,
        ring=ringer.ring,
    )
    return desk, account


if __name__ == "__main__":
    main()
