"""Postgres and Redis in Docker, by testcontainers: where nothing else was found.

testcontainers removes the containers when the process that made them is gone, however it went; the
data is in named volumes, which stay. Imported only then: it takes a second to import.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer

from deploy.local import secret
from deploy.local.errors import StepFailedError
from deploy.local.places import Place
from deploy.local.postgres import DATABASE
from deploy.local.supervisor import Supervisor

PULL_SECONDS: Final = 600.0


def daemon_answers() -> bool:
    try:
        docker.from_env().ping()
    except DockerException:
        return False
    return True


def start_postgres(place: Place, supervisor: Supervisor) -> str:
    """The URL of a Postgres in a container."""
    password = secret.password(place)
    container = PostgresContainer(
        "postgres:17", username=DATABASE, password=password, dbname=DATABASE, driver=None
    )
    container.with_command("postgres -c max_connections=300 -c timezone=UTC")
    if place.lasting:
        container.with_volume_mapping(_volume(place, "postgres"), "/var/lib/postgresql/data", "rw")
    supervisor.at_the_end(container.stop)
    _in_thread("Postgres in Docker", container.start, supervisor)
    return str(container.get_connection_url())


def start_redis(place: Place, supervisor: Supervisor) -> str:
    """The URL of a Redis in a container."""
    password = secret.password(place)
    container = RedisContainer("redis:8", password=password)
    keep = "--appendonly yes" if place.lasting else "--appendonly no"
    container.with_command(
        f"redis-server --requirepass {password} --maxmemory-policy noeviction {keep}"
    )
    if place.lasting:
        container.with_volume_mapping(_volume(place, "redis"), "/data", "rw")
    supervisor.at_the_end(container.stop)
    _in_thread("Redis in Docker", container.start, supervisor)
    host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
    return f"redis://:{password}@{host}:{port}/0"


def _volume(place: Place, name: str) -> str:
    return f"postroom-{hashlib.sha256(str(place.data).encode()).hexdigest()[:16]}-{name}"


def _in_thread(what: str, start: Callable[[], object], supervisor: Supervisor) -> None:
    """Pulling an image takes minutes in one call: the person still hears what is waited for."""
    pool = ThreadPoolExecutor(max_workers=1)
    future = pool.submit(start)
    pool.shutdown(wait=False)
    supervisor.wait(f"{what} is up", future.done, PULL_SECONDS)
    if failure := future.exception():
        raise StepFailedError(f"{what} did not start: {failure}") from failure
