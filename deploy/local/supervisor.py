"""Starts children, restarts those that die, and stops all of them, whatever happens."""

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from deploy.local.children import Child, Floor, Program
from deploy.local.errors import GaveUpError, LocalError, StepFailedError, TooLateError
from deploy.local.interruption import Interruption
from deploy.local.progress import POLL_SECONDS, Progress

T = TypeVar("T")

# A child that lived shorter has died at once: on a busy machine its imports alone take seconds.
QUICK_SECONDS = 15.0
QUICK_DEATHS = 3
# Whoever kills a child to see what happens sees it come back, as often as he likes.
KILLED_BY_SOMEBODY = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}
RESTART_PAUSE_SECONDS = 0.5

# Seconds after the beginning of the stop by which a floor is empty, or is killed. All within 10.
KILLED_AFTER = {Floor.SERVICE: 7.0, Floor.AWS: 8.0, Floor.SERVER: 9.5}


class Supervisor:
    def __init__(
        self,
        progress: Progress,
        interruption: Interruption | None = None,
        killed_after: Mapping[Floor, float] = KILLED_AFTER,
    ) -> None:
        self.progress = progress
        self.children: list[Child] = []
        self._killed_after = killed_after
        self._interruption = interruption or Interruption()
        self._closers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._interruption.finish()
        if self.children:
            self.progress.say("stopping")
        self.stop()
        self.progress.say("stopped")

    def start(self, program: Program) -> Child:
        """A child that may end by itself. See `keep`."""
        with self._interruption.held():
            child = Child(program)
            self.children.append(child)
        return child

    def keep(self, child: Child) -> None:
        """From now on its death is an accident, and it is started again."""
        child.kept = True

    def drop(self, child: Child) -> None:
        child.kill()
        self.children.remove(child)

    def at_the_end(self, close: Callable[[], None]) -> None:
        """For what is no child of ours: called after the last child was stopped."""
        self._closers.append(close)

    def run(self, program: Program, within: float = 120.0) -> None:
        """A program that is to end, and well."""
        child = self.start(program)
        self.wait(program.name, lambda: child.exit_code() is not None, within)
        self.drop(child)
        if code := child.exit_code():
            raise StepFailedError(f"{program.name} failed (exit {code}):\n{child.last_lines()}")

    def wait(self, what: str, probe: Callable[[], T | None], within: float = 30.0) -> T:
        return self.progress.wait(what, probe, within, self.watch)

    def stay(self) -> NoReturn:
        """Until the person stops it, or a child gives up."""
        while True:
            self.watch()
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """To be called again and again: what died is started again, and said."""
        self._interruption.check()
        for child in self.children:
            code = child.exit_code()
            if child.kept and code is not None:
                self._revive(child, code)

    def _revive(self, child: Child, code: int) -> None:
        name, lived = child.program.name, time.monotonic() - child.started_at
        if code not in KILLED_BY_SOMEBODY:
            child.quick_deaths = child.quick_deaths + 1 if lived < QUICK_SECONDS else 0
        if child.quick_deaths >= QUICK_DEATHS:
            raise GaveUpError(
                f"{name} died at once {QUICK_DEATHS} times in a row (exit {code}). Its last lines:"
                f"\n{child.last_lines()}"
            )
        self.progress.say(f"{name} died after {lived:.1f} s (exit {code}): starting it again")
        time.sleep(RESTART_PAUSE_SECONDS)
        with self._interruption.held():
            child.restart()

    def stop(self) -> None:
        """Services first, then the AWS double, then the servers they stand on."""
        began = time.monotonic()
        for floor in sorted(Floor, reverse=True):
            self._empty(floor, began + self._killed_after[floor])
        while self._closers:
            with suppress(LocalError, OSError):
                self._closers.pop()()

    def _empty(self, floor: Floor, deadline: float) -> None:
        children = [child for child in self.children if child.program.floor is floor]
        for child in children:
            child.ask_to_stop()
        with suppress(TooLateError):
            self.progress.wait(
                f"{floor.name.lower()}s stopped",
                lambda: all(child.exit_code() is not None for child in children),
                within=max(0.0, deadline - time.monotonic()),
            )
        for child in children:
            self.drop(child)
