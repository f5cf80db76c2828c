"""What ends a worker: a signal, whatever it then meets."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from common.worker import Room, stop_on_signals
from tests.waiting import eventually

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ungrateful:
    """Three jobs, of which the first takes long; none can be given back."""

    def __init__(self) -> None:
        self.begun, self.refused, self.gate = (threading.Event() for _ in range(3))
        self.waiting = [1, 2, 3]
        self.done: list[int] = []

    def claim(self, most: int) -> list[int]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def perform(self, job: int) -> None:
        self.begun.set()
        assert self.gate.wait(10)
        self.done.append(job)

    def give_back(self, _: list[int]) -> None:
        self.refused.set()
        raise ConnectionError


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


def test_a_room_ends_also_where_nothing_can_be_given_back(stopping: threading.Event) -> None:
    work = Ungrateful()
    room = Room("test", work, threads=1, tick_seconds=0.05)
    thread = threading.Thread(target=room.run, args=[stopping])
    thread.start()
    assert work.begun.wait(10)

    os.kill(os.getpid(), signal.SIGTERM)
    assert work.refused.wait(10)
    work.gate.set()

    thread.join(20)
    assert not thread.is_alive()
    assert work.done == [1]
