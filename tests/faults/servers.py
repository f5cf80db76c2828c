"""Postgres and Redis of the harness's own, which it stops and restarts as it likes.

Unlike the test run's they keep what they have promised over a crash of theirs: Postgres commits to
its files, Redis writes its log.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
import redis

from deploy.local import places
from deploy.local.children import Child
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import of_checkout
from deploy.local.supervisor import Supervisor
from tests.waiting import eventually

_READY_SECONDS: Final = 30
_STOP_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Postgres:
    """`url`: not by a proxy."""

    url: str
    child: Child

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate` does it: nobody is waited for, nothing is flushed."""
        self.child.process.send_signal(signal.SIGQUIT)
        self.child.process.wait(_STOP_SECONDS)

    def start(self) -> None:
        """Recovered and ready, on return."""
        Path(self.child.program.argv[2], "postmaster.pid").unlink(missing_ok=True)
        self.child.restart()
        eventually(self._answers, _READY_SECONDS, "Postgres accepts connections")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Redis:
    """`url`: not by a proxy."""

    url: str
    child: Child

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def stop(self) -> None:
        self.child.ask_to_stop()
        self.child.process.wait(_STOP_SECONDS)

    def start(self) -> None:
        """With what it had, ready, on return."""
        self.child.restart()
        eventually(self._answers, _READY_SECONDS, "Redis answers")

    def empty(self) -> None:
        """FLUSHALL."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything stands on."""

    postgres: Postgres
    redis: Redis
    supervisor: Supervisor
    logs: Path


@contextmanager
def ground() -> Iterator[Ground]:
    """In memory where there is enough of it, gone afterwards."""
    with (
        places.temporary(of_checkout({}).folder) as unsafe,
        Supervisor(Progress(StringIO())) as supervisor,
    ):
        place = replace(unsafe, lasting=True)
        servers = Servers(lambda: place, supervisor, {})
        urls = servers.postgres().url, servers.redis().url
        children = {child.program.name: child for child in supervisor.children}
        for child in children.values():
            child.kept = False  # whoever stops it here means it
        yield Ground(
            Postgres(urls[0], children["postgres"]),
            Redis(urls[1], children["redis"]),
            supervisor,
            place.logs,
        )
