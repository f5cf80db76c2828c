"""`python -m tests.compose`: the image and the compose stack, on this machine's Docker engine.

Builds both images, starts the stack as docs/compose.md says, with its double of AWS and all that
watches it, sends a message the whole way, looks at what the containers promise, stops them, and
takes everything away again but the images. Exit 0 if all of it held, 1 if not, 2 where there is no
engine.
"""

import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.docker.__main__ import environment
from deploy.local import ports, tenant
from deploy.local.errors import LocalError
from deploy.local.journey import Journey
from deploy.local.progress import Progress
from deploy.local.receiver import listening
from deploy.local.supervisor import Supervisor
from deploy.manifests.pod_rules import SERVICES
from tests.compose.engine import BrokenError, EngineError, Project, composer
from tests.compose.watching import WATCHERS, watched

LONG_LIVED: Final = {*SERVICES, *WATCHERS, "postgres", "redis", "aws"}
PORTS: Final = ("POSTROOM_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT")
KILLED: Final = 137
HEALTHY_SECONDS: Final = 180.0
ABSENT: Final = "for one in cc gcc g++ make pip uv; do command -v $one && exit 1; done; exit 0"
WROTE: Final = "touch /app/x 2>/dev/null && exit 1; touch /tmp/x"


@contextmanager
def project(command: tuple[str, ...], supervisor: Supervisor) -> Iterator[Project]:
    """A stack of its own with secrets of its own, which is gone at the end, however that comes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "env")
        file.touch(mode=0o600)
        free = map(str, ports.free(len(PORTS)))
        profiles = {"COMPOSE_PROFILES": "local,monitoring"}
        variables = environment("local") | profiles | dict(zip(PORTS, free, strict=True))
        lines = [f"{name}={value}\n" for name, value in variables.items()]
        file.write_text("".join(lines), encoding="utf-8")
        stack = Project(command, f"postroom-test-{secrets.token_hex(3)}", file, variables)
        try:
            yield stack
        except (EngineError, LocalError, BrokenError) as failure:
            # At once: taking down may fail too, and what it says would stand in the place of this.
            supervisor.progress.show(f"FAILED: {failure}\nThe last lines of everybody:")
            supervisor.progress.show(stack.logs())
            raise
        finally:
            stack.down()


def healthy(stack: Project) -> bool:
    """Whether everybody is, and the migration ended well."""
    states = stack.states()
    if states.get("migrate", {}).get("ExitCode") != 0:
        return False
    well = {one for one in states if states[one].get("Health", {}).get("Status") == "healthy"}
    return well >= LONG_LIVED


def travel(stack: Project, supervisor: Supervisor) -> None:
    """One message, from POST to a signed webhook that this machine receives."""
    made = json.loads(stack.execute("api", "python", "-m", "deploy.organization", "--name=test"))
    url = stack.url("POSTROOM_PORT")
    with tenant.client(url, made["apiKey"]) as client, listening(stack.gateway()) as receiver:
        Journey(client, receiver, supervisor).travel()


def inspect(stack: Project) -> None:
    """What the containers promise, asked of those that run."""
    for service in SERVICES:
        if stack.execute(service, "id", "-u").strip() in {"", "0"}:
            raise BrokenError(f"{service} runs as root")
        stack.execute(service, "sh", "-c", ABSENT)
        stack.execute(service, "sh", "-c", WROTE)
    ask = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli config get maxmemory-policy appendonly'
    told = stack.execute("redis", "sh", "-c", ask).split()
    if not {"noeviction", "yes"} <= set(told):
        raise BrokenError(f"redis is not set as it should be: {told}")


def stop(stack: Project) -> None:
    """Everybody ends by itself: nobody has to be killed, and what is ours says 0."""
    stack.call("stop", within=120)
    codes = {name: state["ExitCode"] for name, state in stack.states().items()}
    if ill := {
        name: code
        for name, code in codes.items()
        if code == KILLED or (code and name not in WATCHERS)
    }:
        raise BrokenError(f"did not stop well: {ill}")


def drive(stack: Project, supervisor: Supervisor) -> None:
    """From nothing to the end. Raises EngineError, LocalError or BrokenError."""
    say = supervisor.progress.say
    stack.build()
    say("both images are built")
    stack.up()
    supervisor.wait("everybody is healthy", lambda: healthy(stack), HEALTHY_SECONDS)
    say("everybody is healthy")
    travel(stack, supervisor)
    watched(stack, supervisor)
    say("Prometheus reaches all and tries each rule, Grafana has the dashboards")
    inspect(stack)
    say("no root, no compiler, no pip, nothing to write to; Redis keeps what it is given")
    stop(stack)
    say("all stopped by themselves")


def main() -> int:
    """The exit code."""
    progress = Progress()
    supervisor = Supervisor(progress)
    try:
        command = composer()
    except EngineError as absent:
        progress.show(str(absent))
        return 2
    try:
        with project(command, supervisor) as stack:
            drive(stack, supervisor)
    except (EngineError, LocalError, BrokenError) as failure:
        progress.show(f"FAILED: {failure}")
        return 1
    progress.say("the compose stack holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
