"""The Docker engine of this machine, and one project of docker-compose.yml on it.

`docker compose` (v2) where it is; else Debian 12's `docker-compose` 1.29, which knows no `--wait`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.ports import LOOPBACK

ROOT: Final = Path(__file__).parents[2]
BUILD_SECONDS: Final = 1800.0
UP_SECONDS: Final = 900.0
"""The first time, all images of others are fetched in it."""


class EngineError(Exception):
    """A command of Docker's that failed, with its last words; or no Docker at all."""


class BrokenError(Exception):
    """A promise of the stack that did not hold: a sentence."""


def run(*argv: str, within: float = 60.0, env: dict[str, str] | None = None) -> str:
    """What a program says; EngineError where it fails. `within`: seconds."""
    done = subprocess.run(  # noqa: S603 - Docker, with words of ours
        argv,
        capture_output=True,
        text=True,
        check=False,
        timeout=within,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    if done.returncode:
        words = (done.stdout + done.stderr)[-3000:]
        raise EngineError(f"{' '.join(argv)}: exit {done.returncode}\n{words}")
    return done.stdout


def composer() -> tuple[str, ...]:
    """The command that knows compose files. EngineError where there is none, or no engine."""
    if shutil.which("docker") is None:
        raise EngineError("There is no docker on the PATH.")
    run("docker", "version")
    try:
        run("docker", "compose", "version")
    except EngineError:
        old = shutil.which("docker-compose")
        if old is None:
            raise EngineError("There is neither `docker compose` nor `docker-compose`.") from None
        return (old,)
    return ("docker", "compose")


@dataclass(frozen=True, slots=True)
class Project:
    """One stack of its own: no name, network, volume or port is shared with another."""

    command: tuple[str, ...]
    name: str
    env_file: Path
    variables: Mapping[str, str]
    """What the file says."""

    def call(self, *words: str, within: float = 60.0) -> str:
        """`docker compose WORDS` of this project."""
        options = ("--env-file", str(self.env_file), "-p", self.name)
        return run(*self.command, *options, *words, within=within)

    def build(self) -> None:
        """Both images."""
        self.call("build", "aws", "api", within=BUILD_SECONDS)

    def up(self) -> None:
        """As a person does it; with v2 this returns when everything is healthy."""
        wait = ("--wait",) if self.command[0] == "docker" else ()
        self.call("up", "-d", *wait, within=UP_SECONDS)

    def url(self, port: str) -> str:
        """Where a service listens on this machine, by the variable that names its port."""
        return f"http://{LOOPBACK}:{self.variables[port]}"

    def execute(self, service: str, *argv: str) -> str:
        """In the container of a service that runs."""
        return self.call("exec", "-T", service, *argv)

    def states(self) -> dict[str, dict[str, Any]]:
        """Docker's `State` of each service's container."""
        label = "com.docker.compose.service"
        mine = f"label=com.docker.compose.project={self.name}"
        ids = run("docker", "ps", "-aq", "--filter", mine).split()
        found = json.loads(run("docker", "inspect", *ids)) if ids else []
        return {one["Config"]["Labels"][label]: one["State"] for one in found}

    def gateway(self) -> str:
        """This machine's address in the network of the services."""
        network = json.loads(run("docker", "network", "inspect", f"{self.name}_services"))
        return str(network[0]["IPAM"]["Config"][0]["Gateway"])

    def logs(self) -> str:
        """The last lines of everybody."""
        return self.call("logs", "--no-color", "--tail", "20")

    def down(self) -> None:
        """Nothing stays but the images."""
        self.call("down", "-v", "--remove-orphans", within=UP_SECONDS)
