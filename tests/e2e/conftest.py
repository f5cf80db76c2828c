"""One running Postroom for all end-to-end tests: `tests/scheduling.py` gives them one worker."""

import os
import secrets
from collections.abc import Iterator

import pytest

from deploy.local import databases
from tests.collector import Collector, collecting
from tests.conftest import REDIS, SERVER, TEMPLATE
from tests.e2e.local import Local, system


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[dict[str, str]]:
    """An own database on the test run's Postgres, and own keys in its Redis."""
    template = databases.name_of(os.environ[TEMPLATE])
    with databases.temporary(os.environ[SERVER], template) as url:
        yield {
            "DATABASE_URL": url,
            "REDIS_URL": os.environ[REDIS],
            "POSTROOM_REDIS_PREFIX": f"e2e-{secrets.token_hex(6)}",
            "POSTROOM_AMBIGUOUS_GRACE_SECONDS": "5",
        }


@pytest.fixture(scope="session")
def all_exports() -> Iterator[Collector]:
    """Of the one system: it is traced. Others, as most tests of services, are not."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def local(
    shared_servers: dict[str, str],
    all_exports: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Local]:
    env = {
        **shared_servers,
        "OTEL_EXPORTER_OTLP_ENDPOINT": all_exports.url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        # FastAPI's own spans would be below the caller's, with paths and exceptions in them.
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    }
    with system(tmp_path_factory.mktemp("local"), env) as local:
        yield local
