"""Where an answer leaves a delivery, with a real endpoint at the other end."""

from base64 import b64encode
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock
from common.models import Webhook
from common.vault import Vault
from services.webhooks.client import WebhookClient
from services.webhooks.schedule import DELAYS
from tests.integration.builders import (
    Tenant,
    attempts_of,
    deliveries_of,
    event,
    webhook,
)
from tests.integration.webhooks.delivering import Delivering, Queue, deliver, make_due, saying
from tests.integration.webhooks.endpoint import ANSWER, answering, serve, silent

A_MILLISECOND = timedelta(milliseconds=1)  # the clock is cut to it


def test_a_2xx_is_the_end_of_a_delivery(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(ANSWER)) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)

        assert (deliver(deliverer), deliver(deliverer)) == (1, 0)

    (delivery,), (attempt,) = deliveries_of(engine, acme), attempts_of(engine, acme)
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert delivery.finished_at is not None
    assert (attempt.number, attempt.status, attempt.error) == (1, 200, None)
    assert attempt.excerpt == "ok"


@pytest.mark.parametrize("made", range(1, 10))
def test_a_failure_is_tried_again_by_the_table(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant, made: int
) -> None:
    with serve(answering(saying(500))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        make_due(engine, attempts=made - 1)
        before = clock.now()
        deliver(deliverer)
        took = clock.now() - before

    (delivery,), (attempt,) = deliveries_of(engine, acme), attempts_of(engine, acme)
    assert (delivery.state, delivery.attempts, attempt.status) == ("pending", made, 500)
    waits = delivery.due_at - before
    assert DELAYS[made] * 0.8 <= waits <= DELAYS[made] * 1.2 + took + A_MILLISECOND


def test_the_tenth_failure_is_the_last(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(saying(500))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        make_due(engine, attempts=9)

        deliver(deliverer)
        make_due(engine)
        assert deliver(deliverer) == 0

    (delivery,) = deliveries_of(engine, acme)
    assert (delivery.state, delivery.attempts) == ("exhausted", 10)


def test_an_endpoint_may_ask_for_a_later_retry(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(saying(503, "retry-after: 3600"))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        before = clock.now()
        deliver(deliverer)

    (delivery,) = deliveries_of(engine, acme)
    assert delivery.due_at >= before + timedelta(hours=1)


def test_a_redirect_is_a_failure_and_is_not_followed(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(ANSWER)) as target:
        moved = saying(308, f"location: {target.url}")
        with serve(answering(moved)) as endpoint:
            webhook(engine, acme, endpoint.url)
            event(engine, acme)
            deliver(deliverer)

    (delivery,), (attempt,) = deliveries_of(engine, acme), attempts_of(engine, acme)
    assert (delivery.state, attempt.status, target.visits) == ("pending", 308, 0)


@pytest.mark.parametrize("change", [{"enabled": False}, {"deleted_at": clock.now()}])
def test_an_endpoint_that_is_not_wanted_any_more_is_not_called(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant, change: dict[str, object]
) -> None:
    with serve(answering(ANSWER)) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        with engine.begin() as connection:
            connection.execute(sa.update(Webhook).values(**change))

        assert deliver(deliverer) == 1

    assert [one.state for one in deliveries_of(engine, acme)] == ["cancelled"]
    assert (endpoint.visits, attempts_of(engine, acme)) == (0, [])


def test_without_permission_no_private_address_is_visited(
    engine: sa.Engine, jobs: Queue, acme: Tenant, rings: list[str]
) -> None:
    deliverer = Delivering(jobs, rings, WebhookClient(30))
    with serve(answering(ANSWER)) as endpoint:
        webhook(engine, acme, f"https://localhost:{endpoint.port}/hook")
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        assert deliver(deliverer) == 2
    deliverer.close()

    assert endpoint.visits == 0
    found = [(one.status, one.error) for one in attempts_of(engine, acme)]
    assert found == [(None, "forbidden address")] * 2
    assert {one.state for one in deliveries_of(engine, acme)} == {"pending"}


@pytest.mark.parametrize("status", [429, 500])
def test_an_endpoint_that_asks_for_less_is_left_alone_for_a_minute(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant, status: int
) -> None:
    with serve(answering(saying(status))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        before = clock.now()
        deliver(deliverer)

    (delivery,) = deliveries_of(engine, acme)
    assert (delivery.due_at - before >= timedelta(seconds=60)) == (status == 429)


def test_an_endpoint_that_runs_out_of_time_is_left_alone_for_a_minute(
    engine: sa.Engine, jobs: Queue, acme: Tenant, rings: list[str]
) -> None:
    hasty = Delivering(jobs, rings, WebhookClient(0.3, allow_private=True))
    with serve(silent) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        before = clock.now()
        deliver(hasty)
    hasty.close()

    (delivery,), (attempt,) = deliveries_of(engine, acme), attempts_of(engine, acme)
    assert attempt.error == "timeout"
    assert delivery.due_at - before >= timedelta(seconds=60)


def test_a_delivery_goes_through_the_whole_schedule_as_time_passes(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    """The clock is the database's: what is due later is brought to now, and the rest measured."""
    with serve(answering(saying(500))) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        waited = []
        while True:
            before = clock.now()
            assert deliver(deliverer) == 1
            (delivery,) = deliveries_of(engine, acme)
            if delivery.state != "pending":
                break
            assert deliver(deliverer) == 0, "not before its time"
            waited.append(delivery.due_at - before)
            make_due(engine)
            forget_failures(engine)

    assert len(waited) == len(DELAYS) - 1
    for wait, step in zip(waited, DELAYS[1:], strict=True):
        assert 0.8 * step - A_MILLISECOND <= wait <= 1.2 * step + timedelta(seconds=20)
    assert delivery.state == "exhausted"
    assert len({one.split(b"webhook-id: ")[1][:30] for one in endpoint.requests}) == 1


def forget_failures(engine: sa.Engine) -> None:
    """So that no circuit is in the way of the schedule."""
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(failures=0, probe_at=None))


def test_ten_failures_in_a_row_leave_the_endpoint_alone(
    engine: sa.Engine, deliverer: Delivering, acme: Tenant
) -> None:
    with serve(answering(saying(500))) as endpoint:
        webhook(engine, acme, endpoint.url)
        for _ in range(12):
            event(engine, acme)
        deliver(deliverer)
        make_due(engine)

        assert deliver(deliverer) == 0

    assert len(endpoint.requests) == 12


def test_a_secret_that_no_key_opens_costs_no_attempt(
    engine: sa.Engine, jobs: Queue, acme: Tenant, rings: list[str]
) -> None:
    stranger = Vault.with_keys(f"other:{b64encode(bytes(32)).decode()}")
    blind = Delivering(jobs, rings, vault=stranger)
    with serve(answering(ANSWER)) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        before = clock.now()
        deliver(blind)
    blind.close()

    (delivery,) = deliveries_of(engine, acme)
    assert (delivery.state, delivery.attempts, endpoint.visits) == ("pending", 0, 0)
    assert delivery.due_at > before + timedelta(seconds=50)
