"""Keeping the index up: shared, and through an outage."""

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from common.db import make_async_engine
from common.models import Search
from common.settings import Settings
from services.api.search import Indexer
from tests.integration.api.mailing import Box, box, count, mail
from tests.tenants import tenant
from tests.waiting import eventually

WAITING = "search WHERE document IS NULL"


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


def test_two_processes_share_the_work(settings: Settings, engine: sa.Engine) -> None:
    owner = tenant(engine)
    with engine.begin() as connection:
        for _ in range(2):
            message_id = owner.message()
            connection.execute(
                sa.insert(Search).values(
                    message_id=message_id, organization_id=owner.id, inbox_id=owner.inbox_id
                )
            )

    async def fill() -> list[int]:
        database = make_async_engine(settings)
        try:
            both = [Indexer(database, settings) for _ in range(2)]
            return list(await asyncio.gather(*(one.fill() for one in both)))
        finally:
            await database.dispose()

    assert sum(asyncio.run(fill())) == 2
    assert count(engine, WAITING) == 0


def test_the_indexer_survives_an_outage_of_the_database(shop: Box, engine: sa.Engine) -> None:
    shop.send(subject="before")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            sa.text("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
        )

    def is_found(query: str) -> bool:
        """Each connection that was cut may cost one request of any kind a 503."""
        answer = shop.client.get(f"{shop.path}/messages", params={"query": query})
        return answer.status_code == httpx.codes.OK and bool(answer.json())

    eventually(lambda: shop.post(mail(subject="after")).status_code == 202)
    eventually(lambda: is_found("after") and is_found("before"))
