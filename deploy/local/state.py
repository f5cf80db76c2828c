"""The state folder, `.postroom/` or POSTROOM_STATE_DIR: who runs here, and how to reach it."""

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from deploy.local.errors import CannotStartError
from deploy.local.locks import is_held, try_lock

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class State:
    folder: Path

    @property
    def env_file(self) -> Path:
        return self.folder / "local.env"

    @property
    def last_env_file(self) -> Path:
        return self.folder / "local.env.last"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def of_checkout(environment: Mapping[str, str]) -> State:
    return State(ROOT / (environment.get("POSTROOM_STATE_DIR") or ".postroom"))


@contextmanager
def running(state: State) -> Iterator[None]:
    """Only one run at a time in a state folder: two would share data, logs and local.env."""
    try:
        state.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _lock(state.folder / "lock")
    except OSError as refused:
        raise CannotStartError(f"{state.folder} cannot be used: {refused}") from refused
    if lock is None:
        raise CannotStartError(
            f"Postroom is running in {state.folder} already. Stop that run first, or start this one"
            " beside it: in a second checkout, or with POSTROOM_STATE_DIR=elsewhere."
        )
    with lock:
        yield


def _lock(path: Path) -> IO[str] | None:
    """Asked twice: who only looks whether a run is up holds the lock for a moment himself."""
    lock = try_lock(path)
    if lock is None:
        time.sleep(0.2)
        lock = try_lock(path)
    return lock


def is_running(state: State) -> bool:
    lock = state.folder / "lock"
    return lock.exists() and is_held(lock)


def retire_env(state: State) -> None:
    """A run's local.env appears when it is ready, so the last run's must not stand in its place."""
    if state.env_file.exists():
        state.env_file.replace(state.last_env_file)


def write_env(state: State, values: Mapping[str, str]) -> None:
    """At once and whole, for a reader that waits for it; mode 0600, as the key is in it."""
    new = state.folder / "local.env.new"
    new.unlink(missing_ok=True)
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(state.env_file)


def read_env(path: Path) -> dict[str, str]:
    """Empty where there is none."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}
