"""Whose turn it is: no endpoint holds others back, open circuits are probed, threads keep order."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from common import clock
from common.models import Webhook
from services.webhooks.client import Answer
from services.webhooks.health import CAUTIOUS
from services.webhooks.jobs import Claimed, Result
from tests.integration.builders import Tenant, event, reread, webhook
from tests.integration.webhooks.delivering import LIMIT, Queue

URL = "https://example.com/hook"
FINE = Answer(200, None, "ok", 12, None)


@pytest.fixture
def change(engine: sa.Engine) -> Callable[..., None]:
    """An endpoint's columns."""

    def update(hook: Webhook, **columns: Any) -> None:
        with engine.begin() as connection:
            connection.execute(
                sa.update(Webhook).where(sa.column("id") == hook.id).values(**columns)
            )

    return update


def due(engine: sa.Engine, owner: Tenant, count: int, **payload: str) -> None:
    for _ in range(count):
        event(engine, owner, payload={"id": "msg_1", **payload})


def by_endpoint(claims: list[Claimed]) -> Counter[object]:
    return Counter(one.row["webhook_id"] for one in claims)


def in_thread(claims: list[Claimed]) -> list[str]:
    return [one.row["payload"]["n"] for one in claims]


def test_the_first_of_each_endpoint_comes_before_the_second_of_any(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    webhook(engine, acme, URL)
    due(engine, acme, 50)
    late = [webhook(engine, acme, URL, "message.received") for _ in range(5)]
    event(engine, acme, "message.received")

    claimed = by_endpoint(jobs.claim(10))

    assert {one.id for one in late} < set(claimed)
    assert claimed.total() <= 10


def test_where_a_claim_is_cut_the_second_of_some_waits_and_not_the_first_of_another(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    kinds = ("message.sent", "message.received", "message.bounced")
    hooks = [webhook(engine, acme, URL, kind) for kind in kinds]
    for kind in kinds:  # the last endpoint's are due after all of the others'
        event(engine, acme, kind)
        event(engine, acme, kind)

    assert set(by_endpoint(jobs.claim(4))) == {one.id for one in hooks}


def test_one_endpoint_holds_no_more_than_its_limit(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    hook = webhook(engine, acme, URL)
    due(engine, acme, LIMIT + 10)

    first = jobs.claim(500)
    in_hand = by_endpoint(first)

    assert in_hand == {hook.id: LIMIT}
    assert jobs.claim(500, {hook.id: LIMIT}) == []
    assert len(jobs.claim(500, {hook.id: LIMIT - 3})) == 3


def test_an_endpoint_that_is_full_does_not_hide_the_others(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    full = webhook(engine, acme, URL)
    due(engine, acme, 20)
    other = webhook(engine, acme, URL, "message.received")
    event(engine, acme, "message.received")

    assert by_endpoint(jobs.claim(5, {full.id: LIMIT})) == {other.id: 1}


def test_one_that_has_just_failed_is_called_a_few_times_at_once(
    engine: sa.Engine, jobs: Queue, acme: Tenant, change: Callable[..., None]
) -> None:
    hook = webhook(engine, acme, URL)
    due(engine, acme, 30)
    change(hook, failures=1, failing_since=clock.now())

    assert len(jobs.claim(500)) == CAUTIOUS


def test_an_open_circuit_is_left_alone_until_its_probe_and_then_asked_once(
    engine: sa.Engine, jobs: Queue, acme: Tenant, change: Callable[..., None]
) -> None:
    hook = webhook(engine, acme, URL)
    due(engine, acme, 30)
    change(hook, failures=10, probe_at=clock.now() + timedelta(minutes=1))
    assert jobs.claim(500) == []

    change(hook, probe_at=clock.now() - timedelta(seconds=1))

    assert len(jobs.claim(500)) == 1
    assert jobs.claim(500) == [], "the probe is under way"
    put_off = reread(engine, hook).probe_at
    assert put_off
    assert put_off > clock.now()


def test_what_waits_for_an_open_circuit_uses_up_no_attempt(
    engine: sa.Engine, jobs: Queue, acme: Tenant, change: Callable[..., None]
) -> None:
    hook = webhook(engine, acme, URL)
    due(engine, acme, 1)
    change(hook, failures=10, probe_at=clock.now() + timedelta(minutes=1))
    jobs.claim(500)
    change(hook, failures=0, probe_at=None)

    (claimed,) = jobs.claim(500)

    assert claimed.row["attempts"] == 1


def test_a_disabled_endpoint_has_room_for_all_that_is_to_be_cancelled(
    engine: sa.Engine, jobs: Queue, acme: Tenant, change: Callable[..., None]
) -> None:
    hook = webhook(engine, acme, URL)
    due(engine, acme, LIMIT + 10)
    change(hook, enabled=False, probe_at=clock.now() + timedelta(minutes=1))

    assert len(jobs.claim(500, {hook.id: LIMIT})) == LIMIT + 10


def test_the_events_of_one_thread_are_free_one_after_the_other(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    webhook(engine, acme, URL, ordered=True)
    for number in "123":
        due(engine, acme, 1, threadId="thread_a", n=number)

    told = []
    while claims := jobs.claim(500):
        told.append(in_thread(claims))
        jobs.record([Result(one, "delivered", FINE) for one in claims])

    assert told == [["1"], ["2"], ["3"]]


def test_what_waits_for_its_retry_holds_back_its_thread_and_no_other(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    webhook(engine, acme, URL, ordered=True)
    due(engine, acme, 1, threadId="thread_a", n="a1")
    due(engine, acme, 1, threadId="thread_a", n="a2")
    due(engine, acme, 1, threadId="thread_b", n="b1")
    due(engine, acme, 1, n="of no thread")

    first, *others = jobs.claim(500)
    jobs.record([Result(first, "pending", FINE, timedelta(minutes=5))])

    assert in_thread([first]) == ["a1"]
    assert sorted(in_thread(others)) == ["b1", "of no thread"]
    assert jobs.claim(500) == []


def test_one_that_was_given_up_frees_the_next(engine: sa.Engine, jobs: Queue, acme: Tenant) -> None:
    webhook(engine, acme, URL, ordered=True)
    for number in "12":
        due(engine, acme, 1, threadId="thread_a", n=number)

    jobs.record([Result(jobs.claim(500)[0], "exhausted", FINE)])

    assert in_thread(jobs.claim(500)) == ["2"]


def test_endpoints_that_did_not_ask_for_order_are_free(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    webhook(engine, acme, URL)
    for number in "123":
        due(engine, acme, 1, threadId="thread_a", n=number)

    assert in_thread(jobs.claim(500)) == ["1", "2", "3"]
