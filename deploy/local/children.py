"""One child process: started, asked to stop, killed, its last words read."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from deploy.local.privilege import Account

GUARD = Path(__file__).with_name("guard.py")


class Floor(IntEnum):
    """Who stands on whom: stopped from the highest to the lowest."""

    SERVER = 0
    AWS = 1
    SERVICE = 2


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    argv: tuple[str, ...]
    log: Path
    cwd: Path
    env: Mapping[str, str]
    floor: Floor = Floor.SERVICE
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the supervisor itself was killed. Nothing is lost by SIGKILL: rows
    are the jobs."""
    stdin: Path = Path(os.devnull)
    keeps: tuple[int, ...] = ()
    """Open files that the child holds as well: the lock on its data, until it has really ended."""

    def command(self) -> list[str]:
        owner = self.account
        user = [str(owner.uid), str(owner.gid)] if owner else ["-", "-"]
        guard = [sys.executable, "-I", "-S", str(GUARD), str(int(self.orphan_signal))]
        return [*guard, str(os.getpid()), *user, *self.argv]


class Child:
    """A running program. Started from the main thread only: the kernel's signal at the parent's
    death is sent when the *thread* that started the child ends.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.kept = False
        self.quick_deaths = 0
        rotate(program.log)
        self._start()

    def _start(self) -> None:
        program = self.program
        with program.log.open("ab") as log, program.stdin.open("rb") as stdin:
            self.process = subprocess.Popen(
                program.command(),
                cwd=program.cwd,
                env=program.env,
                stdin=stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session, so that Ctrl-C reaches the supervisor alone, which then stops
                # the children in order.
                start_new_session=True,
                pass_fds=program.keeps,
            )
        self.started_at = time.monotonic()

    def restart(self) -> None:
        self.kill()
        self._start()

    def exit_code(self) -> int | None:
        return self.process.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code() is None:
            self.process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """The child, and whatever it left in its process group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        text = self.program.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-count:]) or "(it said nothing)"


def rotate(log: Path) -> None:
    """The log of the last run is kept beside, as NAME.log.1, and the new one begins empty."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)
