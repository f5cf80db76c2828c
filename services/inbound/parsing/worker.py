"""One process that parses: started, given a mail, ended.

EndedError(RuntimeError)   it has ended over a mail, or was ended; `reason` says how
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Literal, TypeVar

from services.inbound.parsing import child, wire
from services.inbound.parsing.mail import Mail
from services.inbound.parsing.pipes import Pipe

T = TypeVar("T")
Reason = Literal["timeout", "memory", "crashed", "recycled"]

_ROOT: Final = Path(__file__).parents[3]
_START_SECONDS: Final = 60.0
"""On a machine that has much else to do; usually a third of a second."""
_END_SECONDS: Final = 5.0
_SPARE_SECONDS: Final = 5.0
_KEPT: Final = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TZ")
"""Of the environment; all else, the keys of AWS and the database's password, stays here."""


class EndedError(RuntimeError):
    """There is no answer, and the process is no more."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Worker:
    """Used by one thread at a time. `mails` it has read; `peak` bytes of memory it has had;
    `is_ready` once it has started well; `is_ended` by us, or found dead.
    """

    def __init__(self, seconds: float, memory_bytes: int) -> None:
        self.seconds = seconds
        self.mails = self.peak = 0
        self.is_ready = self.is_ended = False
        limits = [str(memory_bytes), str(seconds + _SPARE_SECONDS)]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", child.__name__, *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            bufsize=0,
            start_new_session=True,  # Ctrl-C is not for it, not even while it starts
        )
        for end in self._ends():
            os.set_blocking(end, False)

    def parse(self, raw: bytes) -> Mail:
        """EndedError where it does not answer in time, or at all."""
        self._await_start()
        reads, writes = self._ends()
        pipe = Pipe(reads, writes, time.monotonic() + self.seconds)
        mail = self._try(lambda: self._ask(pipe, raw))
        self.mails += 1
        return mail

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """At once, whatever it does."""
        self.is_ended = True
        self.process.kill()
        self.process.wait()
        for end in self._streams():
            with suppress(OSError):
                end.close()

    def close(self) -> None:
        """By the end of its input; it may be that it is not ready yet."""
        self._streams()[0].close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
        self.end()

    def _await_start(self) -> None:
        if self.is_ready:
            return
        reads, writes = self._ends()
        pipe = Pipe(reads, writes, time.monotonic() + _START_SECONDS)
        if self._try(lambda: pipe.read(len(child.READY))) != child.READY:
            raise self._ended("crashed")
        self.is_ready = True

    def _ask(self, pipe: Pipe, raw: bytes) -> Mail:
        pipe.write(child.REQUEST.pack(len(raw)))
        pipe.write(raw)
        size, self.peak = child.ANSWER.unpack(pipe.read(child.ANSWER.size))
        if size > wire.LONGEST_JSON:
            raise wire.WireError("the answer is too long")
        return wire.decode(pipe.read(size), pipe.read, len(raw))

    def _try(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except TimeoutError:
            raise self._ended("timeout") from None
        except EOFError:
            code = self._exit_code()
            raise self._ended("memory" if code == child.OUT_OF_MEMORY else "crashed") from None
        except wire.WireError:
            raise self._ended("crashed") from None

    def _ended(self, reason: Reason) -> EndedError:
        self.end()
        return EndedError(reason)

    def _exit_code(self) -> int | None:
        try:
            return self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        process = self.process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("started with pipes")
        return process.stdin, process.stdout

    def _ends(self) -> tuple[int, int]:
        """What is read from, what is written to."""
        stdin, stdout = self._streams()
        return stdout.fileno(), stdin.fileno()
