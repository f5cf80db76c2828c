"""Reading and writing of a pipe with a deadline, whatever the process at its other end does.

TimeoutError   the deadline is over
EOFError       the other end is closed
"""

import os
import select
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Final

_PIECE: Final = 1 << 16  # bytes that a pipe holds, on Linux


@dataclass(frozen=True, slots=True)
class Pipe:
    """One of each end, both non-blocking; `deadline` is of `time.monotonic`."""

    reads: int
    writes: int
    deadline: float

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._wait(self.writes, select.POLLOUT)
            try:
                view = view[os.write(self.writes, view) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise EOFError from error

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        data = BytesIO()
        while left := size - data.tell():
            self._wait(self.reads, select.POLLIN)
            try:
                piece = os.read(self.reads, min(left, _PIECE))
            except BlockingIOError:
                continue
            if not piece:
                raise EOFError
            data.write(piece)
        return data.getvalue()

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = self.deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError
