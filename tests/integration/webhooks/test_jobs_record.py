"""What an attempt leaves: itself, where its delivery stands, and perhaps one endpoint less."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock, ids
from services.webhooks.client import Answer
from services.webhooks.health import Sign
from services.webhooks.jobs import Result
from services.webhooks.standing import Changes
from tests.gate import gate
from tests.integration.builders import (
    Tenant,
    attempts_of,
    deliveries_of,
    event,
    events_of,
    reread,
    tenant,
    webhook,
)
from tests.integration.webhooks.delivering import Queue
from tests.integration.webhooks.due import one_due
from tests.waiting import eventually

URL = "https://example.com/hook"
FINE = Answer(200, None, "ok", 12, None)
GONE = Answer(410, None, "", 12, None)


@pytest.mark.parametrize("state", ["delivered", "exhausted", "cancelled"])
def test_an_end_is_an_end(engine: sa.Engine, jobs: Queue, acme: Tenant, state: str) -> None:
    delivery = one_due(engine, acme)

    assert jobs.record([Result(jobs.claim(1)[0], state, FINE)]) == Changes()

    ended = reread(engine, delivery)
    assert (ended.state, ended.lease_token, ended.lease_until) == (state, None, None)
    assert ended.finished_at is not None
    assert jobs.claim(1) == []


def test_an_attempt_is_written_with_what_the_endpoint_said(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    delivery = one_due(engine, acme)
    (claimed,) = jobs.claim(1)
    answer = Answer(500, None, "Grüße 👋 \u0007 \"'\\", 34, "7")

    jobs.record([Result(claimed, "pending", answer, timedelta(minutes=5))])

    (attempt,) = attempts_of(engine, acme)
    assert (attempt.delivery_id, attempt.webhook_id) == (delivery.id, delivery.webhook_id)
    assert (attempt.number, attempt.status, attempt.error) == (1, 500, None)
    assert (attempt.excerpt, attempt.latency_ms) == (answer.excerpt, 34)


def test_a_retry_waits_for_its_time(engine: sa.Engine, jobs: Queue, acme: Tenant) -> None:
    delivery = one_due(engine, acme)

    before, pause = clock.now(), timedelta(minutes=5)
    jobs.record([Result(jobs.claim(1)[0], "pending", FINE, pause)])
    after = clock.now() + timedelta(milliseconds=1)

    waiting = reread(engine, delivery)
    assert (waiting.state, waiting.finished_at, waiting.lease_token) == ("pending", None, None)
    assert before + pause <= waiting.due_at <= after + pause
    assert jobs.claim(1) == []


def test_who_claimed_it_later_decides(
    engine: sa.Engine, jobs: Queue, acme: Tenant, lapse: Callable[[], None]
) -> None:
    """The late attempt was made all the same, so it is in the list of attempts."""
    delivery = one_due(engine, acme)
    (late,) = jobs.claim(1)
    lapse()
    (ours,) = jobs.claim(1)

    jobs.record([Result(late, "delivered", FINE)])
    assert reread(engine, delivery).state == "pending"
    jobs.record([Result(ours, "exhausted", Answer(None, "timeout", "", 15_000, None))])

    assert reread(engine, delivery).state == "exhausted"
    assert [one.number for one in attempts_of(engine, acme)] == [1, 2]


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_claims_of_one_delivery_the_one_that_holds_decides(
    engine: sa.Engine, jobs: Queue, acme: Tenant, lapse: Callable[[], None], backwards: bool
) -> None:
    """Also where both are recorded in one set, in either order."""
    delivery = one_due(engine, acme)
    (ran_out,) = jobs.claim(1)
    lapse()
    (holds,) = jobs.claim(1)
    results = [Result(ran_out, "exhausted", FINE), Result(holds, "delivered", FINE)]

    jobs.record(results[::-1] if backwards else results)

    assert reread(engine, delivery).state == "delivered"


def test_workers_that_lost_deliveries_to_each_other_do_not_wait_in_a_circle(
    engine: sa.Engine, jobs: Queue, acme: Tenant, lapse: Callable[[], None]
) -> None:
    """Both have written attempts of both deliveries before either moves its own."""
    webhook(engine, acme, URL)
    for _ in range(2):
        event(engine, acme)
    stale = jobs.claim(2)
    lapse()
    (first,), (second,) = jobs.claim(1), jobs.claim(1)
    sets = [[first, stale[1]], [stale[0], second]]

    both = [jobs.jobs.record([Result(one, "delivered", FINE) for one in each]) for each in sets]
    with (
        ThreadPoolExecutor(1) as harness,
        gate(engine, "AFTER INSERT ON attempt FOR EACH STATEMENT") as attempts,
    ):
        done = harness.submit(jobs.together, *both)
        eventually(lambda: attempts.waiting() == 2)
        attempts.open()

        assert done.result(20) == [Changes(), Changes()]

    assert [one.state for one in deliveries_of(engine, acme)] == ["delivered"] * 2
    assert len(attempts_of(engine, acme)) == 4


def test_an_endpoint_that_is_gone_is_disabled_and_the_others_hear_of_it(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    gone = webhook(engine, acme, URL, "message.sent", "webhook.disabled")
    other = webhook(engine, acme, "https://example.com/other", "webhook.disabled")
    webhook(engine, tenant(engine), "https://example.com/strangers", "webhook.disabled")
    delivery = one_due(engine, acme, gone)

    (claimed,) = jobs.claim(1)
    changes = jobs.record([Result(claimed, "cancelled", GONE, sign=Sign.GONE)])
    assert changes == Changes(disabled=(gone.id,))

    assert reread(engine, gone).enabled is False
    assert reread(engine, delivery).state == "cancelled"
    told = events_of(engine, acme)[-1]
    assert (told.type, told.inbox_id, told.message_id) == ("webhook.disabled", None, None)
    assert told.payload["id"] == ids.encode(ids.WEBHOOK, gone.id)
    assert told.payload["enabled"] is False
    assert told.payload["disabledReason"]["type"] == "gone"
    assert "secret" not in told.payload
    assert [one.webhook_id for one in deliveries_of(engine, acme)][1:] == [other.id]


def test_an_endpoint_is_disabled_once(engine: sa.Engine, jobs: Queue, acme: Tenant) -> None:
    webhook(engine, acme, URL)
    for _ in range(2):
        event(engine, acme)
    first, second = jobs.claim(2)

    assert jobs.record([Result(first, "cancelled", GONE, sign=Sign.GONE)]).disabled
    assert jobs.record([Result(second, "cancelled", GONE, sign=Sign.GONE)]) == Changes()

    kinds = [one.type for one in events_of(engine, acme)]
    assert kinds.count("webhook.disabled") == 1
