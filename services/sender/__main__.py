"""`python -m services.sender`: messages from Postgres to SES."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
import uvloop
from prometheus_client import REGISTRY

from common import aws, db, metrics, process, queue, worker
from common.endpoint import Endpoint
from common.room import Room
from common.settings import Settings
from common.signed import Signed
from services.sender import actors, held, jobs, wire
from services.sender.account import Account
from services.sender.claims import OLDEST_WAITING
from services.sender.composer import Composer
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
    redis = queue.connect(settings, _PACE_TIMEOUT_SECONDS)
    pace = Pace(redis, settings.redis_prefix, settings.sender_processes)
    oldest = metrics.oldest_waiting(queue.SENDER, OLDEST_WAITING)
    REGISTRY.register(metrics.Asked(engine, oldest))
    account = _account(settings, pace)
    _begin("account", account.run, stopping)
    account.was_looked_at.wait(_FIRST_LOOK_SECONDS)
    uvloop.run(_send(settings, engine, account, pace, stopping))
    pace.close()
    engine.dispose()


async def _send(
    settings: Settings,
    engine: sa.Engine,
    account: Account,
    pace: Pace,
    stopping: threading.Event,
) -> None:
    gate = Gate(account, pace)
    doorbell = queue.Doorbell(settings)
    ringer = queue.Ringer(doorbell)
    signed = _signed(settings)
    desk = _desk(settings, engine, gate, Ses(signed, settings.configuration_set), ringer.ring)
    sender = Sender(desk)
    # While those call SES, these are composed.
    places = settings.sender_threads + settings.sender_threads // 2
    room = Room(queue.SENDER, sender, places, settings.tick_seconds, ready=places)
    actors.declare(doorbell, room)
    worker.hear_signals(stopping, room.wake)
    with worker.serving(settings, doorbell, queue.SENDER):
        if settings.hold_sends:
            await held.stand_still(stopping)
        _begin("tidier", desk.tidier.run, stopping)
        await room.run(stopping)
        await sender.close()
        ringer.close()
    await signed.close()


def _begin(name: str, run: Callable[[threading.Event], None], stopping: threading.Event) -> None:
    threading.Thread(target=run, args=(stopping,), name=name, daemon=True).start()


def _account(settings: Settings, pace: Pace) -> Account:
    client = aws.client(
        settings,
        "sesv2",
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
    )
    return Account(client, pace.allow, settings.max_send_rate)


def _signed(settings: Settings) -> Signed:
    return Signed(
        Endpoint(settings, "sesv2", wire.PATH),
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
        connections=settings.sender_threads,
    )


def _desk(
    settings: Settings, engine: sa.Engine, gate: Gate, ses: Ses, ring: Callable[[str], None]
) -> Desk:
    grace = timedelta(seconds=settings.ambiguous_grace_seconds)
    queued = jobs.Jobs(engine, settings.send_lease_seconds, settings.wire_domain)
    return Desk(
        jobs=queued,
        composer=Composer(engine),
        tidier=Tidier(queued, Leftovers(engine, settings.ambiguous_send, grace), ring),
        gate=gate,
        ses=ses,
        calls=settings.sender_threads,
        grace=grace,
        ring=ring,
    )


if __name__ == "__main__":
    main()
