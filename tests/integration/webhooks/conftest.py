"""What the tests of the webhook worker begin with: its parts in a loop, asked from outside."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from common.db import OF_WORKERS, make_async_engine
from common.settings import Settings
from tests.integration.builders import Tenant, tenant
from tests.integration.webhooks.delivering import Delivering, Queue


@pytest.fixture
def runner() -> "Iterator[asyncio.Runner]":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner


@pytest.fixture
def async_engine(settings: Settings, runner: asyncio.Runner) -> Iterator[AsyncEngine]:
    engine = make_async_engine(settings, patience=OF_WORKERS)
    yield engine
    runner.run(engine.dispose())


@pytest.fixture
def jobs(async_engine: AsyncEngine, runner: asyncio.Runner) -> Queue:
    return Queue(async_engine, runner)


@pytest.fixture
def acme(engine: sa.Engine) -> Tenant:
    return tenant(engine)


@pytest.fixture
def lapse(engine: sa.Engine) -> Callable[[], None]:
    """All leases run out, as if time had passed."""

    def run_out() -> None:
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE delivery SET lease_until = now() - interval '1 s'"))

    return run_out


@pytest.fixture
def rings() -> list[str]:
    return []


@pytest.fixture
def deliverer(jobs: Queue, rings: list[str]) -> Iterator[Delivering]:
    delivering = Delivering(jobs, rings)
    yield delivering
    delivering.close()
