"""The steps as a person sees them, and the one way of waiting in local mode."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO, TypeVar

from deploy.local.errors import TooLateError

T = TypeVar("T")

HEARTBEAT_SECONDS = 4.0
POLL_SECONDS = 0.03


def nothing() -> None:
    pass


class Progress:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        elapsed = time.monotonic() - self._began
        self.show(f"[{elapsed:5.1f} s] {line}")

    def show(self, text: str) -> None:
        with suppress(OSError):  # a closed terminal must not keep the children from being stopped
            print(text, file=self._stream, flush=True)

    def wait(
        self,
        what: str,
        probe: Callable[[], T | None],
        within: float = 30.0,
        watch: Callable[[], None] = nothing,
    ) -> T:
        """Asks `probe` until it answers something true, and gives that; `within` is in seconds."""
        began = said = time.monotonic()
        while not (answer := probe()):
            watch()
            now = time.monotonic()
            if now - began > within:
                raise TooLateError(f"{what}: not within {within:.0f} s")
            if now - said > HEARTBEAT_SECONDS:
                self.say(f"still waiting: {what}")
                said = now
            time.sleep(POLL_SECONDS)
        return answer
