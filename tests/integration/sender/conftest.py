"""The AWS double of these tests; they tell their own mails by the tags."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from common.models import Message
from common.settings import Settings
from services.sender.jobs import Jobs
from tests.integration.builders import reread
from tests.service import Service, service
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Ses:
    url: str

    def sent(self, message: Message) -> list[dict[str, Any]]:
        """What SES has accepted of a message: more than one is a double send."""
        tag = ids.encode(ids.MESSAGE, message.id)
        accepted = httpx.get(f"{self.url}/sent", timeout=10).raise_for_status().json()
        return [one for one in accepted if one["tags"].get("postroom_message") == tag]

    def suffer(self, **faults: object) -> None:
        """These faults from now on; none heal it."""
        httpx.post(f"{self.url}/faults", json=faults, timeout=10).raise_for_status()


@pytest.fixture
def ses(aws_url: str) -> Iterator[Ses]:
    ses = Ses(aws_url)
    yield ses
    ses.suffer()


@pytest.fixture
def jobs(engine: sa.Engine) -> Jobs:
    return Jobs(engine, 60, "email.amazonses.com")


@pytest.fixture
def lapse(engine: sa.Engine) -> Callable[[], None]:
    """All leases run out, as if time had passed."""

    def run_out() -> None:
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE message SET lease_until = now() - interval '1 s'"))

    return run_out


class StartSender(Protocol):
    def __call__(self, **settings: object) -> AbstractContextManager[Service]: ...


@pytest.fixture
def sender(settings: Settings, aws_url: str, tmp_path: Path) -> StartSender:
    return partial(service, "sender", settings, tmp_path / "log", aws_url=aws_url, tick_seconds=0.1)


def wait_until(engine: sa.Engine, sent: Message, **columns: object) -> Message:
    """The row, once it has these values."""

    def row() -> Message | None:
        found = reread(engine, sent)
        return found if all(getattr(found, name) == columns[name] for name in columns) else None

    found = eventually(row, 20, f"{columns}")
    assert found is not None
    return found
