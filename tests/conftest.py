"""One Postgres and one Redis for the whole run, and a fresh database for every test that asks.

The servers are started by pytest's first process and shared by xdist's workers, which learn of them
by the environment. Each test's database is a copy of one that Alembic has migrated, and is used
again where it can be.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import botocore.session
import httpx
import hypothesis
import pytest
from botocore.loaders import create_loader
from sqlalchemy import Engine

from common.db import make_engine
from common.settings import Settings
from deploy.local import databases, places, product
from deploy.local.errors import LocalError
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import of_checkout
from deploy.local.supervisor import Supervisor
from tests.scheduling import FilesTogether
from tests.stock import Stock

SERVER, TEMPLATE, REDIS = "POSTROOM_TEST_SERVER", "POSTROOM_TEST_TEMPLATE", "POSTROOM_TEST_REDIS"

_RUNNING = pytest.StashKey[ExitStack]()

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    if SERVER in os.environ:  # a worker of xdist, whose first process has started them
        return
    _forget_the_person()
    if config.option.collectonly or only_unit_tests(config):
        return
    with ExitStack() as stack:
        try:
            _start_servers(stack)
        except LocalError as failure:
            raise pytest.UsageError(str(failure)) from failure
        config.stash[_RUNNING] = stack.pop_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUNNING in config.stash:
        config.stash[_RUNNING].close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    return FilesTogether(config, log)


def only_unit_tests(config: pytest.Config) -> bool:
    unit = Path(__file__).parent / "unit"
    asked = [Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args]
    return all(path.resolve().is_relative_to(unit) for path in asked)


def _forget_the_person() -> None:
    """A developer's own POSTROOM_PORT or AWS profile must not decide what a test sees. Nor how long
    it takes: without bytecode each worker and each process of a test compiles all that it imports.
    """
    ours = ("POSTROOM_", "AWS_", "OTEL_", "PYTHONDONTWRITEBYTECODE")
    for name in list(os.environ):
        if name.startswith(ours):
            del os.environ[name]
    sys.dont_write_bytecode = False


def _start_servers(stack: ExitStack) -> None:
    place = stack.enter_context(places.temporary(of_checkout({}).folder))
    supervisor = stack.enter_context(Supervisor(Progress(StringIO())))
    servers = Servers(lambda: place, supervisor)
    server, redis = servers.postgres().url, servers.redis().url
    template = stack.enter_context(databases.temporary(server))
    env = {**os.environ, "DATABASE_URL": template}
    supervisor.run(product.alembic(("upgrade", "head"), env, place.logs))
    os.environ |= {SERVER: server, TEMPLATE: template, REDIS: redis}
    stack.callback(_forget_the_person)


@pytest.fixture(scope="session", autouse=True)
def _read_once() -> Iterator[None]:
    """Each session of boto3 reads AWS's models and endpoints by itself, megabytes of JSON, and each
    client of httpx all root certificates: most of what a client costs. Here they share them.
    """
    loader, context = create_loader(), cache(httpx.create_ssl_context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda *_: loader)
        patch.setattr("httpx._transports.default.create_ssl_context", context)
        patch.setattr(httpx, "create_ssl_context", context)
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_client() -> Iterator[None]:
    """httpx gives up after 5 s by itself: how busy a machine is, and not what a test asks."""
    with pytest.MonkeyPatch.context() as patch:
        for phase in ("connect", "read", "write", "pool"):
            patch.setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, phase, 60.0)
        yield


@pytest.fixture(scope="session")
def stock() -> Iterator[Stock]:
    stock = Stock(os.environ[SERVER], databases.name_of(os.environ[TEMPLATE]))
    yield stock
    stock.close()


@pytest.fixture
def database_url(stock: Stock) -> Iterator[str]:
    """An empty, migrated database of the test's own."""
    url = stock.take()
    yield url
    stock.give_back(url)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=os.environ[REDIS],
        redis_prefix=f"test-{secrets.token_hex(6)}",
        secret_keys=product.SECRET_KEYS,
    )


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """By the database that they are of."""
    return {}


@pytest.fixture
def engine(settings: Settings, engines: dict[str, Engine]) -> Iterator[Engine]:
    """Without connections, as a new one. What SQLAlchemy has asked of its database and compiled for
    it is kept for the next test that gets that database: most of what a test's own would cost.
    """
    url = settings.database_url
    if url not in engines:
        engines[url] = make_engine(settings)
    yield engines[url]
    engines[url].dispose()
