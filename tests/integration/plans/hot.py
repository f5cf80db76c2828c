"""Each thing that the product does often, done once by its own functions."""

import asyncio
import threading
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from common import clock, housekeeping
from common.db import OF_WORKERS, make_async_engine
from common.metrics import Asked, oldest_waiting
from common.settings import Settings
from common.tracking import Sighting
from services.inbound.fetch import Raw
from services.inbound.parsing.mail import Mail, Mailbox
from services.inbound.receipt import Receipt
from services.inbound.recipients import Place
from services.inbound.references import named
from services.inbound.rows import Arrival
from services.inbound.store import lacking, store
from services.sender import claims as sending
from services.sender.jobs import Jobs, Result
from services.sender.leftovers import Leftovers
from services.status import apply, feedback
from services.status.brake import Brake, Lines
from services.status.parse import parse
from services.webhooks import claims as webhooks
from services.webhooks.client import Answer
from services.webhooks.health import Sign
from services.webhooks.jobs import Jobs as Deliveries, Result as Delivered
from tests import ses

A_SET: Final = 64
"""Of messages that a sender claims and records at one time."""
_DAY: Final = timedelta(days=1)


def sender(engine: sa.Engine) -> None:
    jobs = Jobs(engine, 60, "email.amazonses.com")
    claimed = jobs.claim(A_SET)
    assert len(claimed) == A_SET
    assert jobs.claim_suspect()
    assert None not in jobs.start(claimed)
    results = [
        Result(one, Sighting(one.id, "sent", clock.now(), external_id=f"sent-{at}"), "done")
        for at, one in enumerate(claimed)
    ]
    assert jobs.record(results)[1] == 0
    jobs.give_back(jobs.claim(A_SET))


def leftovers(engine: sa.Engine) -> None:
    held, resent = (Leftovers(engine, how, _DAY).settle() for how in ("hold", "resend"))
    assert held.vanished
    assert held.rejected
    assert resent is not None


def ages(engine: sa.Engine) -> None:
    """What `/metrics` of the workers asks."""
    for query in (sending.OLDEST_WAITING, webhooks.OLDEST_WAITING, feedback.OLDEST_WAITING):
        assert [*Asked(engine, oldest_waiting("x", query)).collect()]


def status(engine: sa.Engine) -> None:
    known = [f"0100{number}" for number in range(0, 20 * 100, 20)]
    told = [ses.event("bounce_permanent", one) for one in known]
    late = ses.event("delivery", "late")
    done = apply.apply(engine, [parse(one) for one in (*told, late)])
    assert done.hurt
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE message SET external_message_id = 'late' WHERE id = :id"),
            {"id": _some_id(connection, "send_state = 'queued' ORDER BY organization_id, due_at")},
        )
    assert apply.reapply(engine, _DAY).counts.total() == 1
    brake = Brake(engine, Lines(1000, 1000), lambda: None)  # looked at, and none is paused
    brake.note(done.hurt)
    brake.look()


def inbound(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        row = (
            connection.execute(sa.text("SELECT * FROM inbox ORDER BY id LIMIT 1")).mappings().one()
        )
        place = Place(row["id"], row["organization_id"], row["email"])
        mail = Mail("Hi", Mailbox("jo@example.com", "Jo"), references=("<19@customer.example>",))
        receipt = Receipt("new", "jo@example.com", (), {}, "b", "k")
        arrived = Arrival(receipt, Raw("b", "k", "00ff", 99, b""), mail, clock.now())
        assert lacking(connection, "new", [place]) == [place]
        written, _ = store(connection, arrived, [place], named(mail.references, mail.in_reply_to))
        assert written


def webhook_worker(settings: Settings) -> None:
    async def work() -> None:
        engine = make_async_engine(settings, patience=OF_WORKERS)
        jobs = Deliveries(engine, 60, A_SET)
        claimed = await jobs.claim(A_SET, {})
        assert len(claimed) == A_SET
        fine, bad = Answer(200, None, "", 9, None), Answer(500, None, "", 9, None)
        await jobs.record(
            [
                Delivered(claimed[0], "pending", bad, timedelta(minutes=5), Sign.FAILED),
                *(Delivered(one, "delivered", fine, None, Sign.GOOD) for one in claimed[1:]),
            ]
        )
        await jobs.give_back(await jobs.claim(A_SET, {}))
        await engine.dispose()

    _run(work())


class _OneBatch(threading.Event):
    """Set in the pause after the first one."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


def keeping_house(engine: sa.Engine) -> None:
    for one in (housekeeping.feedback(1), housekeeping.events(1), housekeeping.idempotency()):
        assert housekeeping.purge(engine, one, _OneBatch()) == 1


def _run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(what)


def _some_id(connection: sa.Connection, where: str) -> Any:
    return connection.execute(sa.text(f"SELECT id FROM message WHERE {where} LIMIT 1")).scalar_one()
