"""How a test waits: for a condition, with a deadline. The one place of the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


def eventually(probe: Callable[[], T], within: float = 60, what: str = "") -> T:
    """The first answer of `probe` that is true; `within` is in seconds.

    It fails by a probe that began when the time was over: one that began before, on a machine that
    is busy, has seen nothing of the end.
    """
    deadline = time.monotonic() + within
    while True:
        began = time.monotonic()
        if answer := probe():
            return answer
        if began > deadline:
            raise AssertionError(f"not within {within} s: {what or probe}; at last: {answer!r}")
        time.sleep(POLL_SECONDS)
