"""Redis rings, and is not needed: a ring wakes the sender, and without Redis a tick does."""

import socket
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from common.queue import SENDER, Doorbell
from common.settings import Settings
from tests.integration.builders import message, tenant, webhook
from tests.integration.sender.conftest import Ses, StartSender, wait_until


@pytest.fixture
def nobody() -> Iterator[str]:
    """The URL of a Redis that is away."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def test_messages_are_sent_without_redis(
    engine: sa.Engine, sender: StartSender, ses: Ses, nobody: str
) -> None:
    acme = tenant(engine)
    webhook(engine, acme, "https://example.com/hook")

    with sender(redis_url=nobody) as running:
        queued = message(engine, acme)
        wait_until(engine, queued, status="sent")
        assert running.stop() == 0

    assert len(ses.sent(queued)) == 1


def test_a_ring_wakes_the_sender(
    engine: sa.Engine, settings: Settings, sender: StartSender, ses: Ses
) -> None:
    """With a tick of an hour nothing else would."""
    acme = tenant(engine)
    first = message(engine, acme)

    with sender(tick_seconds=3600) as running:
        wait_until(engine, first, status="sent")
        second = message(engine, acme)
        doorbell = Doorbell(settings)
        doorbell.ring(SENDER)
        doorbell.close()
        wait_until(engine, second, status="sent")
        assert running.stop() == 0

    assert len(ses.sent(first)) == len(ses.sent(second)) == 1
