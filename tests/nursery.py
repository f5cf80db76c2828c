"""A service that is imported once and forked for each of its starts.

A start is one or two seconds of imports, and most of what tests of whole processes took. A fork of
a process that has only imported is a real process all the same, with its own pid, session, settings
and signals, and of what it does nothing has happened yet. End-to-end tests start the real commands.

    nursery = Nursery("services.sender.__main__")
    running = nursery.start(program)     # as subprocess.Popen, as far as that is used here

`python -m tests.nursery MODULE ...` is the other side. On Linux alone: the children of a
fork are taken over from it by PR_SET_CHILD_SUBREAPER (prctl(2)), so that they can be waited for.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from deploy.local.children import Child, Program
from deploy.local.state import ROOT

IS_POSSIBLE: Final = sys.platform == "linux"
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(slots=True)
class Forked:
    """A running one."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises TimeoutExpired, as `subprocess` does."""
        if self.poll() is None:
            handle = os.pidfd_open(self.pid)
            try:
                ended, _, _ = select.select([handle], [], [], timeout)
            finally:
                os.close(handle)
            if not ended:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return cast("int", self.poll())

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Of one service. For one thread."""

    def __init__(self, *modules: str) -> None:
        """The modules are imported at once, in a process of their own."""
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tests.nursery", *modules],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, program: Program, errors: Path | None = None) -> Forked:
        """`argv` is `python -m [LAUNCHER ARGUMENT ...] MODULE`, or `python -m MODULE FLAG ...` of
        a module that is a file. `errors`: where its stderr goes, if not into its log.
        """
        asked = {
            "argv": program.argv[2:],
            "env": dict(program.env),
            "log": str(program.log),
            "errors": str(errors or program.log),
            "parent": os.getpid(),
        }
        stdin, stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        stdin.write(f"{json.dumps(asked)}\n")
        stdin.flush()
        return Forked(int(stdout.readline()))

    def close(self) -> None:
        """Its children live on."""
        with self._process:
            cast("IO[str]", self._process.stdin).close()


class Fork(Child):
    """A child of a supervisor that comes out of a nursery."""

    def __init__(self, program: Program, nursery: Nursery) -> None:
        self._nursery = nursery
        super().__init__(program)

    def _start(self) -> None:
        self.process = cast("subprocess.Popen[bytes]", self._nursery.start(self.program))
        self.started_at = time.monotonic()


def _serve(modules: list[str]) -> dict[str, Any] | None:
    """In the nursery: until nobody asks any more. In a child: what it is to become."""
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # else each child looks at all of it at its end, and so copies it: 0.4 s of CPU
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        heard, said = os.pipe()
        if between := os.fork():
            os.waitpid(between, 0)  # from now on the harness is the parent
            os.write(1, os.read(heard, 32))
            os.close(heard)
            os.close(said)
            continue
        if child := os.fork():
            os.write(said, f"{child}\n".encode())
            os._exit(0)
        return asked
    return None


def _become(asked: dict[str, Any]) -> None:
    os.setsid()
    while os.getppid() != asked["parent"]:
        os.sched_yield()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number, name in enumerate((os.devnull, asked["log"], asked["errors"])):
        with Path(name).open("ab" if number else "rb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(asked["env"])
    launcher, *arguments = asked["argv"]
    if arguments or not hasattr(sys.modules.get(launcher), "__path__"):
        sys.argv = [launcher, *arguments]
        sys.modules.pop(launcher, None)  # runpy warns of what was imported before
        runpy.run_module(launcher, run_name="__main__", alter_sys=False)
    else:
        importlib.import_module(f"{launcher}.__main__").main()


if __name__ == "__main__" and (job := _serve(sys.argv[1:])):
    _become(job)
