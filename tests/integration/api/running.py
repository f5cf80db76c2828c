"""`python -m services.api` as a process of its own."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from common.settings import Settings
from tests import service
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Process:
    url: str
    popen: service.Process
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(40)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def listens(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=1).close()
        except OSError:
            return False
        return True

    def is_up(self) -> bool:
        assert self.popen.poll() is None, self.log.read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").status_code == 200
        return False


@contextmanager
def running(settings: Settings, log: Path, **changes: str) -> Iterator[Process]:
    """It may not listen yet: `is_up`. `changes` are more of its environment."""
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "POSTROOM_REDIS_PREFIX": settings.redis_prefix,
        "POSTROOM_DEFAULT_DOMAIN": "mail.test",
        "POSTROOM_SECRET_KEYS": settings.secret_keys or "",
        "POSTROOM_PORT": str(port),
        "POSTROOM_LOG_FORMAT": "json",
        **changes,
    }
    with service.started("services.api", environment, log) as popen:
        yield Process(f"http://127.0.0.1:{port}", popen, log)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port: int = listening.getsockname()[1]
        return port


def started(process: Process) -> Process:
    eventually(process.is_up, within=60, what="the API to listen")
    return process
