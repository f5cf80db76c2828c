"""A checkout: where its tools lie, and whether they are still what `uv.lock` says.

Standard library only: nothing is installed yet.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.step import HEARTBEAT_SECONDS, InstallationError, say

STAMP_VERSION = "1"  # raise it when the same uv.lock is to be installed differently


@dataclass(frozen=True, slots=True)
class Checkout:
    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def tools(self) -> Path:
        """uv's own little venv: in `.venv` the first `uv sync` would remove it."""
        return self.root / ".uv"

    @property
    def stamp(self) -> Path:
        return self.venv / ".postroom-stamp"


def wanted_stamp(checkout: Checkout) -> str:
    """What decides whether an installation is still the right one.

    The checkout's own path is part of it because a moved venv's scripts point to the old place, the
    interpreter's real path because an upgraded Python leaves a venv of another version behind.
    """
    parts = [STAMP_VERSION, str(checkout.root), str(checkout.python.resolve())]
    digest = hashlib.sha256("\n".join(parts).encode())
    inputs = ["uv.lock", "pyproject.toml", ".venv/pyvenv.cfg"]
    for file in [checkout.root / name for name in inputs]:
        digest.update(file.read_bytes() if file.exists() else b"(none)")
    return digest.hexdigest()


def is_ready(checkout: Checkout) -> bool:
    if not (checkout.python.exists() and checkout.stamp.exists()):
        return False
    return checkout.stamp.read_text(encoding="utf-8") == wanted_stamp(checkout)


@contextmanager
def alone(checkout: Checkout) -> Iterator[None]:
    """Holds the checkout's lock, so that two bootstraps do not install over each other."""
    try:
        checkout.tools.mkdir(exist_ok=True)
        lock = (checkout.tools / "lock").open("w")
    except OSError as refused:
        raise InstallationError(f"cannot write into {checkout.root}: {refused}") from refused
    with lock:
        said = time.monotonic()
        while not _locked(lock.fileno()):
            if time.monotonic() - said > HEARTBEAT_SECONDS:
                say("waiting for another bootstrap of this checkout ...")
                said = time.monotonic()
            time.sleep(0.1)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
