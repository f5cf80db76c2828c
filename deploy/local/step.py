"""One step of making the checkout ready. Standard library only: nothing is installed yet."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HEARTBEAT_SECONDS = 4.0


class InstallationError(Exception):
    """What a person reads when the checkout could not be made ready."""


def say(line: str) -> None:
    """To stderr, so that `make -s org` prints one JSON object and nothing else."""
    print(f"bootstrap: {line}", file=sys.stderr, flush=True)


def run_step(
    what: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> None:
    """Runs one program, saying so at its start and again every four seconds until its end."""
    say(f"{what} ...")
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
        )
        try:
            while (code := _wait(process)) is None:
                say(f"still {what} ({time.monotonic() - began:.0f} s)")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if code != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise InstallationError("\n".join([f"{what} failed (exit {code}):", *tail]))


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(HEARTBEAT_SECONDS)
    except subprocess.TimeoutExpired:
        return None
