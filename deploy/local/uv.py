"""uv: found on the PATH, or installed into the checkout. Standard library only."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.checkout import Checkout
from deploy.local.step import InstallationError, run_step

OLDEST = (0, 13)  # the oldest known to read this uv.lock and `exclude-newer = "1 week"`
REQUIREMENT = "uv>=0.13.9,<0.14"


def version(program: Path) -> tuple[int, int] | None:
    """None where it does not run: a pyenv shim of an uninstalled uv is on the PATH and fails."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"uv (\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found and answer.returncode == 0 else None


def find(checkout: Checkout) -> Path | None:
    on_path = shutil.which("uv")
    candidates = [Path(on_path)] if on_path else []
    for program in [*candidates, checkout.tools / "bin" / "uv"]:
        if (version(program) or (0, 0)) >= OLDEST:
            return program
    return None


def install(checkout: Checkout, log: Path) -> Path:
    folder = str(checkout.tools)
    try:
        run_step("making .uv", [sys.executable, "-m", "venv", folder], log)
    except InstallationError as failure:
        raise InstallationError(
            f"{failure}\nThis Python cannot make a venv with pip in it. On Debian and Ubuntu:"
            " apt-get install python3-venv. Or put uv on the PATH."
        ) from failure
    pip = [f"{folder}/bin/python", "-m", "pip", "install", "--disable-pip-version-check"]
    run_step("installing uv", [*pip, "--no-input", REQUIREMENT], log)
    return checkout.tools / "bin" / "uv"


def environment(checkout: Checkout, inherited: Mapping[str, str]) -> dict[str, str]:
    """uv told everything: pyenv's shims confuse its own search for an interpreter."""
    ignored = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_NO_DEV", "UV_FROZEN"}
    env = {name: value for name, value in inherited.items() if name not in ignored}
    env["UV_PROJECT_ENVIRONMENT"] = str(checkout.venv)
    env["UV_PYTHON"] = str(checkout.python.resolve())
    env["UV_PYTHON_DOWNLOADS"] = "never"
    # Seven processes start at each `make run`: compiled once, each of them starts a second sooner.
    env["UV_COMPILE_BYTECODE"] = "1"
    env["UV_NO_PROGRESS"] = "1"
    if not env.keys() & {"UV_CACHE_DIR", "XDG_CACHE_HOME"} and not _home_is_writable(inherited):
        env["UV_CACHE_DIR"] = str(checkout.tools / "cache")
    return env


def _home_is_writable(inherited: Mapping[str, str]) -> bool:
    return "HOME" in inherited and os.access(inherited["HOME"], os.W_OK)
