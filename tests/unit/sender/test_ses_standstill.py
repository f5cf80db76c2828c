"""A sender that was stopped (SIGSTOP, a frozen machine) for longer than all deadlines of a call."""

import asyncio
import time

import pytest

from services.sender.ses import Accepted, Later
from tests.integration.webhooks.endpoint import serve
from tests.unit.sender.ses_server import (
    ENVELOPE,
    Caller,
    accepting,
    keys_and_nothing_else,
    ses_at,
)

DEADLINE = 0.7
"""To connect, and to be answered."""
STANDSTILL = 2.6
"""Longer than both together, and than a busy machine is late by itself."""
PATIENCE = 60
"""No machine stands still for so long by itself."""


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    keys_and_nothing_else(monkeypatch)


def stopped_while_it_connects(ses: Caller, seconds: float) -> object:
    async def send() -> object:
        asyncio.get_running_loop().call_soon(time.sleep, seconds)
        return await ses.ses.send(ENVELOPE)

    return ses.runner.run(send())


def test_deadlines_that_passed_meanwhile_say_nothing_of_ses() -> None:
    with (
        serve(accepting()) as server,
        ses_at(f"http://127.0.0.1:{server.port}", DEADLINE, DEADLINE) as ses,
    ):
        outcome = stopped_while_it_connects(ses, STANDSTILL)

    assert outcome == Accepted("0100")
    assert len(server.requests) == 1


def test_a_deadline_that_passed_by_itself_says_that_ses_has_nothing() -> None:
    with (
        serve(accepting()) as server,
        ses_at(f"http://127.0.0.1:{server.port}", PATIENCE, DEADLINE) as ses,
    ):
        outcome = stopped_while_it_connects(ses, DEADLINE + 0.1)

    assert isinstance(outcome, Later)
    assert server.requests == []
