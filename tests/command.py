"""A command of ours, `python -m MODULE FLAG ...`, run to its end: its exit code and its words."""

import atexit
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.children import Program
from deploy.local.state import ROOT
from tests.nursery import IS_POSSIBLE, Nursery

_SECONDS: Final = 60
_NURSERIES: Final[dict[str, Nursery]] = {}


def run(module: str, flags: tuple[str, ...], env: Mapping[str, str]) -> tuple[int, str, str]:
    """The exit code, stdout, stderr. A module that is a file, with this environment alone."""
    argv = (sys.executable, "-m", module, *flags)
    if not IS_POSSIBLE:
        return command(argv, env)
    if module not in _NURSERIES:
        _NURSERIES[module] = Nursery(module, "psycopg")  # which an engine imports, once it is made
        atexit.register(_NURSERIES[module].close)
    with tempfile.TemporaryDirectory() as name:
        output, errors = Path(name, "output"), Path(name, "errors")
        program = Program(name=module, argv=argv, log=output, cwd=ROOT, env=env)
        code = _NURSERIES[module].start(program, errors).wait(_SECONDS)
        return code, output.read_text(), errors.read_text()


def command(argv: tuple[str, ...], env: Mapping[str, str]) -> tuple[int, str, str]:
    """The same by a new process, as a person starts it."""
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout, done.stderr
