"""The mail of tests/fixtures/mail: what is odd about each is in its README."""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "fixtures" / "mail"
OWN: Final = sorted(path.stem for path in FOLDER.glob("*.eml"))
CPYTHON: Final = sorted(path.stem for path in (FOLDER / "cpython").glob("*.txt"))
_ROW: Final = re.compile(r"^\| (\S+)\.eml \| (.+) \|$", re.MULTILINE)


def own(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def of_cpython(name: str) -> bytes:
    return (FOLDER / "cpython" / f"{name}.txt").read_bytes()


def everything() -> dict[str, bytes]:
    return {name: own(name) for name in OWN} | {name: of_cpython(name) for name in CPYTHON}


def oddities() -> dict[str, str]:
    """What the README says of each."""
    return dict(_ROW.findall((FOLDER / "README.md").read_text("utf-8")))
