"""What the tests of the webhook worker's queue begin with."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from services.webhooks.client import WebhookClient
from services.webhooks.deliver import Deliverer
from services.webhooks.jobs import Jobs
from tests.integration.builders import Tenant, tenant


@pytest.fixture
def jobs(engine: sa.Engine) -> Jobs:
    return Jobs(engine, 60)


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
def deliverer(engine: sa.Engine, rings: list[str]) -> Iterator[Deliverer]:
    deliverer = Deliverer(Jobs(engine, 60), WebhookClient(30, allow_private=True), rings.append)
    yield deliverer
    deliverer.close()
