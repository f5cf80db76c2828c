"""Installs what `uv.lock` says into `.venv`, with nothing on the machine but a Python.

Standard library only, as it runs before anything is installed.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from deploy.local import uv
from deploy.local.checkout import Checkout, alone, is_ready, wanted_stamp
from deploy.local.step import InstallationError, run_step, say

ROOT = Path(__file__).resolve().parents[2]


def make_venv(checkout: Checkout, log: Path) -> None:
    """A venv that runs is kept; pip is left out, as uv needs none and Debian may have none."""
    if (checkout.venv / "pyvenv.cfg").exists() and _runs(checkout.python):
        return
    argv = [sys.executable, "-m", "venv", "--without-pip", "--clear", str(checkout.venv)]
    run_step("making .venv", argv, log)


def _runs(python: Path) -> bool:
    code = "import sys, encodings; sys.exit(sys.version_info < (3, 11))"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0


def install(checkout: Checkout) -> None:
    log = checkout.tools / "bootstrap.log"
    make_venv(checkout, log)
    program = uv.find(checkout) or uv.install(checkout, log)
    argv = [str(program), "sync", "--locked", "--all-groups", "--project", str(checkout.root)]
    env = uv.environment(checkout, os.environ)
    try:
        run_step("installing what uv.lock says", argv, log, env)
    except InstallationError:
        # uv trusts its own list of authorities; behind a company's proxy the machine's is right.
        trusting = env | {"UV_SYSTEM_CERTS": "1"}
        run_step("trying again with this machine's certificates", argv, log, trusting)
    checkout.stamp.write_text(wanted_stamp(checkout), encoding="utf-8")
    say("ready")


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def main(root: Path = ROOT) -> int:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    checkout = Checkout(root)
    try:
        if not is_ready(checkout):
            with alone(checkout):
                if not is_ready(checkout):
                    install(checkout)
    except InstallationError as failure:
        say(str(failure))
        return 1
    return 0
