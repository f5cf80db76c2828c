"""tracking.lock: who waits sees what was done meanwhile, and none waits in a circle."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import tracking
from common.tracking import Sighting
from tests import ses
from tests.tenants import WAITING, Tenant, rows, tenant
from tests.waiting import eventually

JO, KIM = ses.JO, ses.KIM


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)


def see(engine: Engine, *sightings: Sighting) -> int:
    with engine.begin() as connection:
        tracked = tracking.lock(connection, {one.message_id for one in sightings})
        for one in sightings:
            tracked[one.message_id].see(one)
        return tracking.save(connection, tracked.values())


def sighting(
    message_id: UUID,
    status: str,
    *emails: str,
    minute: int = 0,
    external_id: str | None = None,
    words: str | None = None,
) -> Sighting:
    at = ses.NOON + timedelta(minutes=minute)
    reason = {"message": words, "type": "x"} if words else None
    return Sighting(message_id, status, at, emails or None, reason, external_id)


def recipients(engine: Engine) -> list[tuple[str, str]]:
    found = rows(engine, "SELECT email, status FROM recipient ORDER BY message_id, position")
    return [(row["email"], row["status"]) for row in found]


def told(engine: Engine) -> list[str]:
    return [row["type"] for row in rows(engine, "SELECT type FROM event ORDER BY id")]


def test_who_waited_for_a_message_sees_what_was_done_meanwhile(
    engine: Engine, acme: Tenant
) -> None:
    """A delay that was seen while another transaction delivered does not take that back."""
    sent = acme.message(external_id="ses-1")

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            tracked = tracking.lock(connection, [sent])
            waiting = pool.submit(see, engine, sighting(sent, "delayed", JO, minute=1))
            eventually(lambda: rows(engine, WAITING))
            tracked[sent].see(sighting(sent, "delivered", JO))
            tracking.save(connection, tracked.values())
        waiting.result()

    assert recipients(engine) == [(JO, "delivered")]
    assert told(engine) == ["message.delivered"]


def test_messages_are_locked_in_the_order_of_their_ids(engine: Engine, acme: Tenant) -> None:
    """Not in the order in which the table happens to have them."""
    first, second = acme.message(), acme.message()
    change = sa.text("UPDATE message SET subject = 'x' WHERE id = :id")
    lock = sa.text("SELECT id FROM message WHERE id = :id FOR NO KEY UPDATE NOWAIT")
    with engine.begin() as connection:  # behind the second one
        connection.execute(change, {"id": first})

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(change, {"id": first})
            waiting = pool.submit(see, engine, *(sighting(one, "sent") for one in (second, first)))
            eventually(lambda: rows(engine, WAITING))

            assert connection.execute(lock, {"id": second}).scalar() == second
        waiting.result()


def test_messages_that_are_locked_in_another_order_do_not_block_each_other(
    engine: Engine, acme: Tenant
) -> None:
    messages = [acme.message(external_id=f"ses-{number}") for number in range(20)]
    together = threading.Barrier(2)

    def work(order: Iterable[UUID], status: str) -> None:
        together.wait()
        for _ in range(10):
            see(engine, *(sighting(one, status, JO) for one in order))

    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(work, messages, "delivered"),
            pool.submit(work, messages[::-1], "bounced"),
        ]
        for run in runs:
            run.result()

    assert {status for _, status in recipients(engine)} == {"bounced"}
    assert told(engine).count("message.bounced") == 20
