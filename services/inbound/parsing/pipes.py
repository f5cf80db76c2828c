"""Reading and writing of a pipe with a deadline, whatever the process at its other end does.

TimeoutError   the deadline is over
EOFError       the other end is closed
"""

import os
import select
import time
from dataclasses import dataclass


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
        data = bytearray(size)
        view, got = memoryview(data), 0
        while got < size:
            self._wait(self.reads, select.POLLIN)
            try:
                count = os.readv(self.reads, [view[got:]])
            except BlockingIOError:
                continue
            if count == 0:
                raise EOFError
            got += count
        return bytes(data)

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = self.deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError
