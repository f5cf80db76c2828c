"""The product's processes, `python -m services.X`, as a test starts and stops them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from common.settings import Settings
from deploy.local import ports
from deploy.local.product import Wiring, environment
from deploy.local.state import ROOT
from tests.waiting import eventually

START_SECONDS = 30
STOP_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Service:
    """A running one. `port` is that of its metrics."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def stop(self) -> int:
        """Ask it to end, as a supervisor does: its exit code."""
        self.ask_to_stop()
        return self.process.wait(STOP_SECONDS)

    def ask_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, without a last word."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        return [line for line in lines if line.get("event") == event]

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text


@contextmanager
def service(name: str, settings: Settings, log: Path, **changes: object) -> Iterator[Service]:
    """`services.NAME`, ready; killed at the end, if it still runs. `changes` are settings."""
    (port,) = ports.free()
    told = {"redis_prefix": settings.redis_prefix, "metrics_port": port, **changes}
    env = _environment(settings) | {
        f"POSTROOM_{setting.upper()}": str(value) for setting, value in told.items()
    }
    if "redis_url" in changes:
        env["REDIS_URL"] = str(changes["redis_url"])
    with _running([f"services.{name}"], env, log) as process:
        running = Service(process, port, log)
        _wait(process, log, lambda: ports.answers(port))
        yield running


def _environment(settings: Settings) -> dict[str, str]:
    wiring = Wiring(0, 0, {}, settings.database_url, settings.redis_url)
    return environment(os.environ, wiring)


@contextmanager
def aws_double(log: Path) -> Iterator[str]:
    """The double of AWS: its URL."""
    (port,) = ports.free()
    argv = ["deploy.local.aws", "--port", str(port)]
    with _running(argv, dict(os.environ), log) as process:
        _wait(process, log, lambda: ports.answers(port))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(
    argv: list[str], env: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", *argv]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait(STOP_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", log: Path, is_ready: Callable[[], bool]) -> None:
    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        return is_ready()

    eventually(ready, START_SECONDS, f"ready: {log}")
