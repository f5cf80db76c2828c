"""A running Postroom, as `make run` starts it, for tests to talk to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from deploy.local.ports import free
from deploy.local.state import ROOT, State, read_env
from tests.waiting import eventually

START_SECONDS = 90.0
STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Local:
    url: str
    api_key: str
    organization_id: str
    aws_url: str
    database_url: str
    redis_url: str
    pid: int
    state: State

    def client(self) -> httpx.Client:
        """The organization's own, for the API. Close it, or use it as a context."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def said(self) -> str:
        return output(self.state.folder)


def output(folder: Path) -> str:
    return (folder / "output").read_text(encoding="utf-8")


PYTHON: Final = (sys.executable, "-m", "deploy.local")
MAKE: Final = ("make", "--silent", "--old-file=ready")
"""Told that the checkout is ready: the tests run in it."""


def start(
    command: str, folder: Path, env: Mapping[str, str], program: tuple[str, ...] = PYTHON
) -> subprocess.Popen[bytes]:
    """`python -m deploy.local COMMAND` with its state in the folder, and in it what it says."""
    folder.mkdir(mode=0o700, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in env}
    with (folder / "output").open("wb") as said:
        return subprocess.Popen(  # noqa: S603
            [*program, command],
            cwd=ROOT,
            env={**inherited, "POSTROOM_STATE_DIR": str(folder), **env},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def system(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Local]:
    """Up and ready; told to stop at the end, and then it must."""
    process = start("run", folder, {"POSTROOM_PORT": str(free()[0]), **(env or {})})
    with process:
        try:
            yield ready(process, folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


def ready(process: subprocess.Popen[bytes], folder: Path) -> Local:
    state = State(folder)

    def look() -> bool:
        assert process.poll() is None, output(folder)
        return state.env_file.exists()

    eventually(look, START_SECONDS, f"ready, which {folder}/output tells of")
    known = read_env(state.env_file)
    return Local(
        url=known["POSTROOM_URL"],
        api_key=known["POSTROOM_API_KEY"],
        organization_id=known["POSTROOM_ORGANIZATION_ID"],
        aws_url=known["POSTROOM_AWS_URL"],
        database_url=known["DATABASE_URL"],
        redis_url=known["REDIS_URL"],
        pid=process.pid,
        state=state,
    )
