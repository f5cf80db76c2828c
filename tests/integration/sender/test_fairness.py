"""A backlog of one organization at the pace of SES, beside another one's single message."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from services.sender.gate import AHEAD_SECONDS
from tests.integration.builders import message, tenant
from tests.integration.sender.conftest import Ses, StartSender
from tests.waiting import eventually

RATE = 20.0


@pytest.fixture
def slow_account(aws_url: str) -> Iterator[None]:
    httpx.post(f"{aws_url}/account", json={"maxSendRate": RATE}, timeout=10).raise_for_status()
    yield
    httpx.post(f"{aws_url}/account", json={}, timeout=10).raise_for_status()


@pytest.mark.usefixtures("slow_account")
def test_no_more_goes_before_it_than_what_was_in_hand(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    busy, quiet = tenant(engine), tenant(engine)
    long_ago = clock.now() - timedelta(hours=1)
    backlog = [message(engine, busy, due_at=long_ago) for _ in range(100)]
    tags = {ids.encode(ids.MESSAGE, one.id) for one in backlog}

    def order() -> list[str]:
        """Of SES's accepts, oldest first."""
        sent = httpx.get(f"{ses.url}/sent", timeout=10).json()
        found = [one["tags"].get("postroom_message", "") for one in reversed(sent)]
        return [tag for tag in found if tag in tags]

    with sender():
        eventually(lambda: len(order()) >= 10)
        before = len(order())
        urgent = message(engine, quiet)
        tags.add(ids.encode(ids.MESSAGE, urgent.id))
        eventually(lambda: ids.encode(ids.MESSAGE, urgent.id) in order())
        reached = order()

    # In hand at the moment, one turn of the busy one's, and what left while the row was written.
    ahead = reached.index(ids.encode(ids.MESSAGE, urgent.id)) - before
    assert ahead <= RATE * AHEAD_SECONDS * 1.5 + 2
    assert len(reached) < len(backlog)
