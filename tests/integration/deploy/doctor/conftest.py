"""A whole set-up that is well, for each test to break: one double, brought back between tests."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from common.settings import Settings
from deploy.doctor import database, runner, subjects
from deploy.doctor.asking import Ask
from deploy.doctor.findings import Finding
from deploy.doctor.subjects import Part
from deploy.doctor.world import World
from tests.integration.deploy.aws.conftest import Double, running

DOMAIN = "postroom.test"
KEYS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="session")
def started() -> Iterator[Double]:
    with running("--loopback", DOMAIN) as double:
        yield double


@pytest.fixture
def aws(started: Double) -> Double:
    started.post("/reset")
    return started


@pytest.fixture(scope="module")
def ask(started: Double) -> Iterator[Ask]:
    """One for all tests: to make a client of boto3 takes longer than all of its calls."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        settings = Settings(database_url="postgresql://x/x", redis_url="x", aws_url=started.url)
        ask = Ask(settings)
        yield ask
        ask.close()


@pytest.fixture
def settings(settings: Settings, aws: Double) -> Settings:
    return settings.model_copy(
        update={
            "aws_url": aws.url,
            "default_domain": DOMAIN,
            "feedback_queue_url": aws.queue_url,
            "inbound_queue_url": aws.inbound_url,
        }
    )


@dataclass
class Patient:
    """All that one examination needs, to be broken."""

    aws: Double
    settings: Settings
    engine: sa.Engine
    ask: Ask
    probe_seconds: float = 20.0

    def examine(self, *parts: Part) -> list[Finding]:
        world = World(self.settings, self.engine, self.ask, self.probe_seconds)
        return runner.examine(world, parts or subjects.ALL[:-1])

    def change(self, **settings: object) -> None:
        self.settings = self.settings.model_copy(update=settings)


@pytest.fixture
def patient(aws: Double, settings: Settings, engine: sa.Engine, ask: Ask) -> Iterator[Patient]:
    """Well, but for its Redis: that of the tests writes to no disk."""
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO checkpoint VALUES ('feedback', now())"))
    yield Patient(aws, settings, engine, ask)
    with engine.begin() as connection:  # the database serves other tests again
        newest = {"head": database.head()}
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :head"), newest)
