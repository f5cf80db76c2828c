"""`python -m tests.bench [NAME ...]`: all benchmarks but the long ones, or these.

Each prints its figures, and all of them are written to `bench/results.json`. Exit 1 where one
misses its bar.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from common import clock
from tests.bench import (
    accept,
    compose,
    deliver,
    feedback,
    idle,
    memory,
    receive,
    scale,
    send,
    slow,
)
from tests.bench.measure import Figure

ALL: Final[dict[str, Callable[[], Iterable[Figure]]]] = {
    one.__name__.rpartition(".")[2]: one.main
    for one in (
        accept,
        compose,
        send,
        feedback,
        deliver,
        slow,
        idle,
        receive,
        memory,
        scale,
    )
}
LONG: Final = ("scale",)
"""As long as all the others: only where they are named."""
RESULTS: Final = Path(__file__).parents[2] / "bench" / "results.json"


def run(names: list[str]) -> bool:
    """Print and write the figures; whether all bars are met."""
    found: list[dict[str, Any]] = []
    met = True
    for name in names:
        began = time.monotonic()
        for figure in ALL[name]():
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            found.append({"benchmark": name, **figure.as_json()})
            met &= figure.is_met
        sys.stdout.write(f"{name} took {time.monotonic() - began:.0f} s\n")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(orjson.dumps(_machine() | {"figures": found}, option=orjson.OPT_INDENT_2))
    return met


def _machine() -> dict[str, Any]:
    git = ["git", "-C", str(RESULTS.parents[1]), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    return {
        "at": clock.wire(clock.now()),
        "commit": commit.stdout.strip() or None,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1:] or [name for name in ALL if name not in LONG]) else 1)
