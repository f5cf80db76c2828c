"""The API over the test's own database, and clients of it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn.server

from common.settings import Settings
from services.api import keys
from tests.integration.api.arriving import Arriving
from tests.integration.api.mailing import Box, box
from tests.integration.api.serving import ClientOf, MakeOrganization, Organization, served

DOMAIN = "mail.test"


class _Hasty:
    """asyncio, as a server has it that is stopped at once."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


@pytest.fixture(scope="session", autouse=True)
def _stops_at_once() -> Iterator[None]:
    """uvicorn looks every 0.1 s whether it is to stop, and takes another 0.1 s for that: as much as
    all the rest of most tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Hasty())
        yield


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"default_domain": DOMAIN})


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    with served(settings) as base:
        yield base


@pytest.fixture
def organization(engine: sa.Engine) -> MakeOrganization:
    """Makes an organization: `organization("acme", sends_per_hour=5)`."""

    def make(name: str = "acme", sends_per_hour: int | None = None) -> Organization:
        with engine.begin() as connection:
            return Organization(*keys.create_organization(connection, name, sends_per_hour))

    return make


@pytest.fixture
def client_of(url: str) -> Iterator[ClientOf]:
    """A client that sends this key."""
    with ExitStack() as opened:

        def make(key: str) -> httpx.Client:
            headers = {"authorization": f"Bearer {key}"}
            return opened.enter_context(httpx.Client(base_url=url, headers=headers, timeout=30))

        yield make


@pytest.fixture
def owner(organization: MakeOrganization) -> Organization:
    """The organization of `client`."""
    return organization()


@pytest.fixture
def client(client_of: ClientOf, owner: Organization) -> httpx.Client:
    """A client of an organization that has nothing yet."""
    return client_of(owner.key)


@pytest.fixture
def stranger(client_of: ClientOf, organization: MakeOrganization) -> httpx.Client:
    """A client of another organization."""
    return client_of(organization("other").key)


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


@pytest.fixture
def arrive(engine: sa.Engine, owner: Organization, shop: Box) -> Arriving:
    return Arriving(engine, owner.id, shop)
