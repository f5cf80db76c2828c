"""Who had to wait for a connection is counted, and nobody else."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from common.db import make_async_engine, make_engine
from common.settings import Settings
from tests.growth import Growth

COUNT, SUM = "postroom_db_pool_wait_seconds_count", "postroom_db_pool_wait_seconds_sum"
ASLEEP = sa.text("SELECT pg_sleep(0.2)")


def test_of_threads(settings: Settings) -> None:
    engine = make_engine(settings, pool_size=1)
    growth = Growth()

    def sleep() -> None:
        with engine.connect() as connection:
            connection.execute(ASLEEP)

    sleep()
    assert growth.of(COUNT) == 0
    both = [threading.Thread(target=sleep) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert growth.of(COUNT) == 1
    assert growth.of(SUM) == pytest.approx(0.2, abs=0.15)
    engine.dispose()


def test_of_an_event_loop(settings: Settings) -> None:
    growth = Growth()

    async def both() -> None:
        engine = make_async_engine(settings, pool_size=1)

        async def sleep() -> None:
            async with engine.connect() as connection:
                await connection.execute(ASLEEP)

        await asyncio.gather(sleep(), sleep())
        await engine.dispose()

    asyncio.run(both())

    assert growth.of(COUNT) == 1
    assert growth.of(SUM) == pytest.approx(0.2, abs=0.15)
