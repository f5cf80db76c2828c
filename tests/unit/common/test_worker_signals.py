"""What ends a worker: a signal, whatever it then meets."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from common.worker import hear_signals, stop_on_signals
from tests.waiting import eventually

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    """Set by the signals, which are pytest's own again afterwards."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield stop_on_signals()
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_seen(stopping: threading.Event, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)

    eventually(stopping.is_set)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_event_loop_hears_it_and_wakes_who_waits(
    stopping: threading.Event, number: signal.Signals
) -> None:
    async def work() -> None:
        woken = asyncio.Event()
        hear_signals(stopping, woken.set)
        os.kill(os.getpid(), number)
        async with asyncio.timeout(30):
            await woken.wait()

    asyncio.run(work())

    assert stopping.is_set()
