"""Ctrl-C, SIGTERM and SIGHUP as one exception, raised where it does no harm."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop(BaseException):
    """The person, or the system, wants the run to end. Not an Exception: nothing swallows it."""


class Interruption:
    """Raises `Stop` once, in the main thread, but not while `held`.

    Between starting a child and writing down that it was started nothing may be raised: such a
    child would be stopped by nobody. While everything is being stopped nothing may be raised at
    all: a second Ctrl-C would leave half of the children behind.
    """

    def __init__(self, parent: int | None = None) -> None:
        """`parent` is the process to end with: its death is a stop as well."""
        self._parent = parent
        self._asked = False
        self._raised = False
        self._depth = 0

    def listen(self) -> None:
        signal.signal(signal.SIGINT, self._arrive)
        signal.signal(signal.SIGTERM, self._arrive)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked to stay
            signal.signal(signal.SIGHUP, self._arrive)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        self._raise_if_due()

    def check(self) -> None:
        """For loops: code that swallows every exception may have swallowed ours."""
        if self._parent is not None and os.getppid() != self._parent:
            self._asked = True
        if self._asked and not self._depth:
            raise Stop

    def finish(self) -> None:
        """From now on nothing is raised any more: the end has begun."""
        self._depth += 1

    def _arrive(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self._asked and not self._depth and not self._raised:
            self._raised = True
            raise Stop
