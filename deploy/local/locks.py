"""Locks that end with their holder, however it ended: flock(2) on an open file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def try_lock(path: Path) -> IO[str] | None:
    """An open file that holds the lock until it is closed; None where another holds it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_held(path: Path) -> bool:
    lock = try_lock(path)
    if lock is not None:
        lock.close()
    return lock is None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Waits for the lock: for what takes moments."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
