"""`python -m tests.faults [--only NAME] [--seeds 1,2,3] [--size long|short] [--messages N]`.

Prints the table. Exit 1 where a promise is broken. `--only` may be said again, and a name's
beginning will do.
"""

import argparse
import sys
import traceback
from dataclasses import replace

from tests.faults import run, system
from tests.faults.experiments.catalogue import ALL
from tests.faults.report import HEAD
from tests.faults.run import Size
from tests.faults.system import System

SIZES = {"short": (run.SHORT, system.SHORT), "long": (run.LONG, system.LONG)}


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--size", choices=SIZES, default="long")
    parser.add_argument("--messages", type=int, help="in place of the size's own number")
    asked = parser.parse_args()
    names = [name for name in ALL if not asked.only or name.startswith(tuple(asked.only))]
    if not names:
        parser.error(f"the experiments are {', '.join(ALL)}")
    size, pace = SIZES[asked.size]
    size = replace(size, messages=asked.messages or size.messages)
    broken = 0
    with system.system(pace) as found:
        _say(HEAD)
        for seed in map(int, asked.seeds.split(",")):
            broken += sum(_breaks(name, found, seed, size) for name in names)
    return 1 if broken else 0


def _breaks(name: str, found: System, seed: int, size: Size) -> bool:
    """Whether a promise was broken, or the experiment itself."""
    try:
        report = ALL[name](found, seed, size)
    except Exception:  # noqa: BLE001 - the others are to be seen all the same
        _say(f"{name}, seed {seed}: BROKEN\n{traceback.format_exc()}")
        return True
    _say(report.line())
    for what in report.broken():
        _say(f"    BROKEN {what}")
    return bool(report.broken())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
