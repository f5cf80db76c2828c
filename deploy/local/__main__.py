"""The whole product on one machine: `python -m deploy.local run`. See `make help`."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Final

from deploy.local import places, run
from deploy.local.doctor import doctor
from deploy.local.errors import CannotStartError, LocalError
from deploy.local.receive import receive
from deploy.local.state import State, is_running, of_checkout, read_env, running


def organization(state: State) -> int:
    """Becomes `deploy.organization`, for NAME and LIMIT as make passes them on.

    By the environment, and not as words of a command line: a name may have spaces and quotes, and
    make would let the shell read them.
    """
    name = os.environ.get("ORGANIZATION_NAME", "")
    limit = os.environ.get("ORGANIZATION_LIMIT", "")
    if not name:
        raise CannotStartError("usage: make -s org NAME=acme [LIMIT=100]")
    env = _reachable(state, os.environ)
    argv = [sys.executable, "-m", "deploy.organization", f"--name={name}"]
    argv += [f"--limit={limit}"] if limit else []
    sys.stdout.flush()
    os.execve(sys.executable, argv, env)  # noqa: S606 - becoming it is the purpose


def _reachable(state: State, environment: Mapping[str, str]) -> dict[str, str]:
    if environment.get("DATABASE_URL"):
        return dict(environment)
    if not is_running(state) or not state.env_file.exists():
        raise CannotStartError(
            "No local system is up here, and DATABASE_URL is not set: start one with `make run`."
        )
    known = read_env(state.env_file)
    return {**environment, "DATABASE_URL": known["DATABASE_URL"], "REDIS_URL": known["REDIS_URL"]}


def check_migrations(state: State) -> int:
    from deploy.local import migrations  # noqa: PLC0415

    return migrations.check(state)


def clean(state: State) -> int:
    """Removes the local data, wherever it lies."""
    with running(state):
        shutil.rmtree(places.durable(state.folder).data)
        shutil.rmtree(state.folder, ignore_errors=True)
    return 0


COMMANDS: Final[Mapping[str, Callable[[State], int]]] = {
    "run": run.run,
    "demo": run.demo,
    "org": organization,
    "receive": receive,
    "doctor": doctor,
    "check-migrations": check_migrations,
    "clean": clean,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        return command(of_checkout(os.environ))
    except LocalError as failure:
        print(failure, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
