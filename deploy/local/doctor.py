"""`make doctor`: the doctor, with the settings of the local system if that is up."""

import os
import shlex
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from deploy.local import product
from deploy.local.errors import CannotStartError
from deploy.local.product import Wiring
from deploy.local.state import State, is_running, read_env


def doctor(state: State) -> int:
    """Becomes `deploy.doctor`. Flags come by the environment's DOCTOR, as make passes them on."""
    env = environment(state, os.environ)
    argv = [sys.executable, "-m", "deploy.doctor", *shlex.split(os.environ.get("DOCTOR", ""))]
    sys.stdout.flush()
    os.execve(sys.executable, argv, env)  # noqa: S606 - becoming it is the purpose


def environment(state: State, inherited: Mapping[str, str]) -> dict[str, str]:
    """The local system's, unless DATABASE_URL names another one: then what is there is meant."""
    known = read_env(state.env_file) if is_running(state) else {}
    asked = inherited.get("DATABASE_URL")
    if known and asked in (None, "", known["DATABASE_URL"]):
        return product.environment(inherited, _wiring(known))
    if not asked:
        raise CannotStartError(
            "No local system is up here, and DATABASE_URL is not set: start one with `make run`,"
            " or set what the services have."
        )
    return dict(inherited)


def _wiring(known: Mapping[str, str]) -> Wiring:
    api, aws = (urlsplit(known[name]).port or 0 for name in ("POSTROOM_URL", "POSTROOM_AWS_URL"))
    return Wiring(api, aws, {}, known["DATABASE_URL"], known["REDIS_URL"])
