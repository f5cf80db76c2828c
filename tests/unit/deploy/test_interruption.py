import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from deploy.local.interruption import Interruption, Stop


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = [signal.getsignal(number) for number in numbers]
    interruption = Interruption()
    interruption.listen()
    yield interruption
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("interruption")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_ends_a_program_stops_the_run(number: signal.Signals) -> None:
    with pytest.raises(Stop):
        signal.raise_signal(number)


def test_nothing_is_raised_before_what_must_be_whole_is_whole(interruption: Interruption) -> None:
    steps: list[str] = []

    def start_a_child() -> None:
        with interruption.held():
            signal.raise_signal(signal.SIGTERM)
            steps.append("the child is written down")

    with pytest.raises(Stop):
        start_a_child()

    assert steps == ["the child is written down"]


def test_a_second_ctrl_c_does_not_break_off_the_stopping(interruption: Interruption) -> None:
    interruption.finish()

    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_a_stop_that_was_swallowed_is_raised_by_the_next_look(interruption: Interruption) -> None:
    with suppress(BaseException):  # as some library does
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Stop):
        interruption.check()


def test_the_end_of_the_process_to_end_with_is_a_stop() -> None:
    Interruption(os.getppid()).check()

    with pytest.raises(Stop):
        Interruption(os.getpid()).check()
