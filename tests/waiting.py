"""How a test waits: for a condition, with a deadline. The one place of the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


def eventually(probe: Callable[[], T], within: float = 10, what: str = "") -> T:
    """The first answer of `probe` that is true; `within` is in seconds."""
    deadline = time.monotonic() + within
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what or probe}; at last: {answer!r}")
        time.sleep(POLL_SECONDS)
    return answer
