"""Who waits for mail while the API stops, or the database goes away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import sqlalchemy as sa

from common import clock
from common.db import make_engine
from common.settings import Settings, with_driver
from services.api import keys
from tests.integration.api.arriving import Arriving
from tests.integration.api.ground import own_postgres
from tests.integration.api.mailing import Box, box, code
from tests.integration.api.running import running, started
from tests.integration.api.serving import Organization, served
from tests.integration.api.test_outage import SHORT
from tests.waiting import eventually

LISTENS = "query LIKE 'LISTEN%'"


def _backends(engine: sa.Engine, condition: str) -> list[int]:
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    with engine.connect() as connection:
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        return [pid for pid in connection.execute(sa.text(query)).scalars() if pid != mine]


def test_the_api_answers_who_waits_before_it_stops(
    settings: Settings, tmp_path: Path, owner: Organization, shop: Box, engine: sa.Engine
) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    with running(settings, tmp_path / "log") as process, ThreadPoolExecutor(1) as pool:
        started(process)
        with httpx.Client(base_url=process.url, headers=headers, timeout=60) as client:
            answer = pool.submit(client.get, f"{shop.path}/wait", params={"timeout": 60})
            eventually(lambda: _backends(engine, LISTENS))

            assert process.stop() == 0
            assert answer.result().status_code == 204


def test_a_database_that_goes_away_ends_no_wait(settings: Settings) -> None:
    with own_postgres() as postgres:
        ours = settings.model_copy(update={"database_url": with_driver(postgres.url)})
        database = make_engine(ours)
        with database.begin() as connection:
            organization_id, key = keys.create_organization(connection, "acme", 100)
        headers = {"authorization": f"Bearer {key}"}
        with (
            served(ours, SHORT) as url,
            httpx.Client(base_url=url, headers=headers, timeout=60) as client,
            ThreadPoolExecutor(2) as pool,
        ):
            shop = box(client)
            arrive = Arriving(database, organization_id, shop)
            path, began = f"{shop.path}/wait", clock.wire(clock.now())
            long = pool.submit(client.get, path, params={"timeout": 60, "after": began})
            eventually(lambda: _backends(database, LISTENS))
            with postgres.down():
                eventually(lambda: client.get("/readyz").status_code == 503)
                assert code(client.get(path, params={"timeout": 0})) == (503, "unavailable")
            eventually(lambda: client.get("/readyz").status_code == 200)
            database.dispose()

            arrived = arrive()

            assert long.result().json()["id"] == arrived
        database.dispose()
