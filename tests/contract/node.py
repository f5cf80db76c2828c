"""Node of the wheel, never one by chance on the PATH, and the packages of `tests/node`.

They are installed as the lock file says into `.node/` of the checkout, when that has changed, by
whichever worker of xdist comes first.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local import locks
from deploy.local.state import ROOT

PROGRAMS: Final = ROOT / "tests" / "node"
_LOCKED: Final = ("package.json", "package-lock.json")
NODE: Final = Path(sys.executable).with_name("node")
NPM: Final = str(NODE.with_name("npm"))


def installed(folder: Path = ROOT / ".node") -> Path:
    """`folder`, with the locked packages in its `node_modules`."""
    folder.mkdir(exist_ok=True)
    wanted = "".join((PROGRAMS / name).read_text() for name in _LOCKED)
    stamp = folder / "stamp"
    with locks.alone(folder / "lock"):
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)  # an installation that was broken off is none
            _install(folder)
            stamp.write_text(wanted)
    return folder


def _install(folder: Path) -> None:
    for name in _LOCKED:
        shutil.copy(PROGRAMS / name, folder)
    argv = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ended = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise RuntimeError(f"npm ci failed:\n{ended.stderr[-2000:]}")


@dataclass(frozen=True, slots=True)
class Running:
    """A program that answers a line of JSON with a line of JSON."""

    process: "subprocess.Popen[str]"

    def ask(self, question: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def running(
    program: str, place: Path, *beside: Path, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """One of `tests/node`, copied to an empty `place` together with files that it imports."""
    (place / "node_modules").symlink_to(installed() / "node_modules")
    for file in (PROGRAMS / "package.json", PROGRAMS / program, *beside):
        shutil.copy(file, place)
    pipe = subprocess.PIPE
    argv = [NODE, place / program]
    with subprocess.Popen(  # noqa: S603 - its end of input is its end
        argv, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **(env or {})}
    ) as process:
        yield Running(process)
