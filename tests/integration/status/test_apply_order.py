"""However SES's events come, in whatever order, how often and how many at once: the same end."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from sqlalchemy import Engine

from services.status.apply import apply, reapply
from services.status.parse import parse
from tests import ses
from tests.tenants import WAITING, Tenant, rows
from tests.waiting import eventually


def state(engine: Engine, external_id: str) -> list[dict[str, Any]]:
    """What the events have made of the message, without our own clock."""
    query = """
        SELECT r.email, r.status, r.reason, r.status_at, m.status AS message_status,
            m.status_reason, m.send_state
        FROM recipient r JOIN message m ON m.id = r.message_id
        WHERE m.external_message_id = :external_id ORDER BY r.position
    """
    return rows(engine, query, external_id=external_id)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=ses.stories(), data=st.data())
def test_the_tables_end_the_same_for_every_order_and_repetition(
    engine: Engine,
    acme: Tenant,
    story: list[ses.Telling],
    data: st.DataObject,
) -> None:
    """Once in order, one by one; once shuffled, repeated, in sets, partly before the sender."""
    straight, mixed = ses.external_id(), ses.external_id()
    apply(engine, [parse(ses.event("send", straight, acme.message(ses.JO, ses.KIM)))])
    for telling in story:
        apply(engine, [parse(ses.event_of(telling, straight))])

    told = [ses.event_of(telling, mixed) for telling in story]
    repeated = data.draw(st.lists(st.sampled_from(told), max_size=4))
    early, late = _halves(data.draw(st.permutations(told + repeated)), data)
    apply(engine, [parse(body) for body in early])
    apply(engine, [parse(ses.event("send", mixed, acme.message(ses.JO, ses.KIM)))])
    apply(engine, [parse(body) for body in late])
    reapply(engine, timedelta(minutes=15))

    assert state(engine, mixed) == state(engine, straight)


def _halves(told: Sequence[str], data: st.DataObject) -> tuple[Sequence[str], Sequence[str]]:
    cut = data.draw(st.integers(0, len(told)))
    return told[:cut], told[cut:]


def test_overlapping_sets_of_many_workers_neither_block_each_other_nor_lose_any(
    engine: Engine, acme: Tenant
) -> None:
    acme.webhook("message.delivered", "message.bounced")
    external_ids = [ses.external_id() for _ in range(20)]
    for external_id in external_ids:
        acme.message(ses.JO, ses.KIM, external_id=external_id)
    told = [
        parse(ses.event(kind, external_id, recipients=(who,), minute=minute))
        for external_id in external_ids
        for minute, kind in enumerate(["delivery_delay", "delivery", "bounce_permanent"])
        for who in (ses.JO, ses.KIM)
    ]
    together = threading.Barrier(4)

    def work(step: int) -> int:
        """All of it, each worker in an order of its own."""
        mine = told[::step] if step % 2 else told[::-1]
        together.wait()
        return sum(
            apply(engine, mine[at : at + 30]).counts["bounce", "applied"]
            for at in range(0, len(mine), 30)
        )

    with ThreadPoolExecutor(4) as pool:
        applied = sum(pool.map(work, [1, 2, 3, 1]))

    assert applied == 40
    assert len(rows(engine, "SELECT id FROM feedback WHERE applied_at IS NOT NULL")) == len(told)
    assert {row["status"] for row in rows(engine, "SELECT status FROM recipient")} == {"bounced"}
    assert len(rows(engine, "SELECT id FROM event WHERE type = 'message.bounced'")) == 40
    assert rows(engine, "SELECT count(*) AS n FROM delivery") == rows(
        engine, "SELECT count(*) AS n FROM event WHERE type <> 'message.delayed'"
    )


def test_overlapping_sets_are_stored_in_one_order_so_that_none_waits_in_a_circle(
    engine: Engine,
) -> None:
    """Another worker has stored the first of two; ours, given the second first, waits for it and
    does not hold the second meanwhile.
    """
    told = [parse(ses.event("delivery", ses.external_id())) for _ in range(2)]
    low, high = sorted(told, key=lambda one: one.dedup_key)
    store = sa.text("""
        INSERT INTO feedback (id, dedup_key, kind, raw, received_at)
        VALUES (gen_random_uuid(), :key, 'delivery', '', now())
    """)

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(store, {"key": low.dedup_key})
            waiting = pool.submit(apply, engine, [high, low])
            eventually(lambda: rows(engine, WAITING))
            connection.execute(store, {"key": high.dedup_key})
        applied = waiting.result()

    assert applied.counts == {("delivery", "duplicate"): 2}
