"""The product's processes, `python -m services.X`, as a test starts and stops them."""

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from common.settings import Settings
from deploy.local import ports
from deploy.local.children import Program
from deploy.local.product import Wiring, environment
from deploy.local.state import ROOT
from tests.nursery import IS_POSSIBLE, Forked, Nursery
from tests.waiting import eventually

START_SECONDS = 60
STOP_SECONDS = 40


Process = subprocess.Popen[bytes] | Forked
_NURSERIES: Final[dict[str, Nursery]] = {}
_OF_AWS: Final = ("deploy.local.aws.app", "deploy.local.aws.server")
"""Moto above all, which is two seconds of a start."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running one. `port` is that of its metrics."""

    process: Process
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
        return httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30).text

    def counts(self, *samples: str) -> None:
        """Its metrics have these, if not now, then soon: what is seen in tables may be counted
        behind its commit.
        """

        def missing() -> list[str]:
            metrics = self.metrics()
            return [one for one in samples if one not in metrics]

        eventually(lambda: not missing(), what=f"{samples}")


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
    with started(f"services.{name}", env, log) as process:
        running = Service(process, port, log)
        _wait(process, log, lambda: ports.answers(port))
        yield running


def _environment(settings: Settings) -> dict[str, str]:
    wiring = Wiring(0, 0, {}, settings.database_url, settings.redis_url)
    return environment(os.environ, wiring)


@contextmanager
def aws_double(log: Path) -> Iterator[str]:
    """The double of AWS: its URL."""
    with aws_process(log) as (url, _):
        yield url


@contextmanager
def aws_process(log: Path, *options: str) -> Iterator[tuple[str, Process]]:
    """The double's URL, which is all that it says, and its process."""
    argv = ("--port", "0", *options)
    log.touch()  # a fork opens it a moment after it is there
    double = _fork("deploy.local.aws", os.environ, log, *argv, imports=_OF_AWS)
    said = "aws double: "
    with _killed_at_the_end(double) as process:
        _wait(process, log, lambda: log.read_text().endswith("\n"))
        yield log.read_text().removeprefix(said).strip(), process


@contextmanager
def started(module: str, env: Mapping[str, str], log: Path) -> Iterator[Process]:
    """`python -m MODULE` with this environment alone; killed at the end, if it still runs."""
    with _killed_at_the_end(_fork(module, env, log)) as process:
        yield process


def _fork(
    module: str, env: Mapping[str, str], log: Path, *flags: str, imports: tuple[str, ...] = ()
) -> Process:
    """`imports`: before, where it is not all that the module's door imports."""
    argv = (sys.executable, "-m", module, *flags)
    if not IS_POSSIBLE:
        with log.open("ab") as output:
            return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=output, stderr=output)  # noqa: S603
    if module not in _NURSERIES:
        _NURSERIES[module] = Nursery(*imports or (f"{module}.__main__",))
        atexit.register(_NURSERIES[module].close)
    return _NURSERIES[module].start(Program(name=module, argv=argv, log=log, cwd=ROOT, env=env))


@contextmanager
def _killed_at_the_end(process: Process) -> Iterator[Process]:
    try:
        yield process
    finally:
        process.kill()
        process.wait(STOP_SECONDS)


def _wait(process: Process, log: Path, is_ready: Callable[[], bool]) -> None:
    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        return is_ready()

    eventually(ready, START_SECONDS, f"ready: {log}")
