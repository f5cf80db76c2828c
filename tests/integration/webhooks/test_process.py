"""`python -m services.webhooks` as it runs, between real servers and a real endpoint."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa

from common.models import Delivery
from common.queue import WEBHOOKS, Doorbell
from common.settings import Settings
from tests.integration.builders import Tenant, attempts_of, deliveries_of, event, webhook
from tests.integration.webhooks.endpoint import ANSWER, Connection, answering, serve
from tests.service import Service, service
from tests.waiting import eventually

SHORT = {"delivery_lease_seconds": 7, "webhook_timeout_seconds": 2}


class StartWorker(Protocol):
    def __call__(self, **settings: object) -> AbstractContextManager[Service]: ...


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> StartWorker:
    return partial(service, "webhooks", settings, tmp_path / "log", tick_seconds=0.1)


@pytest.fixture
def wait_for(engine: sa.Engine, acme: Tenant) -> Callable[..., list[Delivery]]:
    """The organization's deliveries, once their states are these."""

    def found(*states: str) -> list[Delivery]:
        def reached() -> bool:
            return sorted(one.state for one in deliveries_of(engine, acme)) == sorted(states)

        eventually(reached, 20, f"{states}")
        return deliveries_of(engine, acme)

    return found


def test_what_is_due_is_delivered_and_counted(
    engine: sa.Engine, worker: StartWorker, acme: Tenant, wait_for: Callable[..., list[Delivery]]
) -> None:
    with serve(answering(ANSWER)) as endpoint, worker() as running:
        webhook(engine, acme, endpoint.url)
        for _ in range(3):
            event(engine, acme)
        wait_for(*["delivered"] * 3)

        running.counts(
            'postroom_deliveries_total{outcome="delivered"} 3.0',
            'postroom_attempts_total{outcome="2xx"} 3.0',
        )
        lines = running.said("delivery.attempted")
        assert running.stop() == 0

    assert len(endpoint.requests) == 3
    assert [one["outcome"] for one in lines] == ["delivered"] * 3
    assert "127.0.0.1" not in running.log.read_text()


def test_a_private_address_is_not_visited_unless_allowed(
    engine: sa.Engine, worker: StartWorker, acme: Tenant
) -> None:
    with serve(answering(ANSWER)) as endpoint, worker(webhook_allow_private=False):
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        (attempt,) = eventually(lambda: attempts_of(engine, acme))

    assert (endpoint.visits, attempt.error) == (0, "forbidden address")


def test_a_killed_worker_loses_nothing(
    engine: sa.Engine, worker: StartWorker, acme: Tenant, wait_for: Callable[..., list[Delivery]]
) -> None:
    """The endpoint may hear of it twice, and knows it by its id."""

    def slow_once(connection: Connection) -> None:
        connection.read()
        if connection.number == 1:
            connection.over.wait()
        connection.send(ANSWER)

    with serve(slow_once) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        with worker(**SHORT) as first:
            eventually(lambda: endpoint.requests)
            first.kill()

        with worker(**SHORT):
            wait_for("delivered")

    first_id, second_id = (one.split(b"webhook-id: ")[1][:30] for one in endpoint.requests)
    assert first_id == second_id


def test_stopped_it_finishes_what_it_began_and_gives_back_the_rest(
    engine: sa.Engine, worker: StartWorker, acme: Tenant
) -> None:
    released: list[bool] = []

    def patient(connection: Connection) -> None:
        connection.read()
        eventually(lambda: released)
        connection.send(ANSWER)

    def one_is_free() -> bool:
        return any(one.lease_token is None for one in deliveries_of(engine, acme))

    with serve(patient) as endpoint:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        event(engine, acme)
        with worker(webhook_connections=1) as running:
            eventually(lambda: endpoint.requests)
            assert not one_is_free()
            running.ask_to_stop()
            eventually(one_is_free)
            released.append(True)
            assert running.stop() == 0

    delivered, given_back = sorted(deliveries_of(engine, acme), key=lambda one: one.state)
    assert (delivered.state, given_back.state, given_back.attempts) == ("delivered", "pending", 0)
    assert len(endpoint.requests) == 1


def test_a_ring_wakes_the_worker(
    engine: sa.Engine,
    settings: Settings,
    worker: StartWorker,
    acme: Tenant,
    wait_for: Callable[..., list[Delivery]],
) -> None:
    """With a tick of an hour nothing else would."""
    with serve(answering(ANSWER)) as endpoint, worker(tick_seconds=3600) as running:
        webhook(engine, acme, endpoint.url)
        event(engine, acme)
        doorbell = Doorbell(settings)
        doorbell.ring(WEBHOOKS)
        doorbell.close()
        wait_for("delivered")

        assert running.stop() == 0
