import psycopg
from sqlalchemy import Engine, text

from common.settings import Settings
from deploy.local import databases


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def test_every_test_has_a_database_of_its_own(settings: Settings) -> None:
    with databases.temporary(settings.database_url) as other:
        assert databases.name_of(other) != databases.name_of(settings.database_url)


def test_it_is_migrated_and_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT count(*) FROM organization")).scalar_one()

    assert rows == 0


def test_it_is_dropped_although_somebody_is_still_connected(database_url: str) -> None:
    url = databases.create(database_url)
    with psycopg.connect(plain(url)) as left_open:
        databases.drop(database_url, url)

        assert not exists(database_url, url)
        left_open.close()


def exists(server: str, url: str) -> bool:
    with psycopg.connect(plain(server)) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, [databases.name_of(url)]).fetchone() is not None
