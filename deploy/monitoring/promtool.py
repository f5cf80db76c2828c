"""Finds promtool, which checks rules and runs their tests; fetches it where it is missing.

On the PATH it comes first. Else it comes from Debian's own package `prometheus`, by apt with all of
apt's checks, which is unpacked into `.promtool/` of the checkout and not installed: nothing of the
machine changes but, where they are empty, apt's lists. Anything else needs a person.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / ".promtool"
PROGRAM: Final = Path("usr/bin/promtool")
PACKAGE: Final = "prometheus"
_PATIENCE_SECONDS: Final = 300
_HELP: Final = (
    "promtool is missing, and could not be fetched by apt: install Prometheus (Debian, Ubuntu: "
    "prometheus; Homebrew: prometheus; Fedora: golang-github-prometheus), so that promtool is on "
    "the PATH, and run this again."
)


class MissingError(Exception):
    """There is no promtool; the words say what to do."""


def find(folder: Path = FOLDER) -> Path:
    """promtool. Raises `MissingError`."""
    if there := shutil.which("promtool"):
        return Path(there)
    if not (folder / PROGRAM).exists():
        _fetch(folder)
    return folder / PROGRAM


def _fetch(folder: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise MissingError(_HELP)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".promtool-") as name:
        new = Path(name)
        _download(new)
        (package,) = new.glob(f"{PACKAGE}_*.deb")
        _run(["dpkg-deb", "--extract", str(package), str(new / "all")], new)
        (new / "some" / PROGRAM.parent).mkdir(parents=True)
        (new / "all" / PROGRAM).rename(new / "some" / PROGRAM)
        try:
            (new / "some").rename(folder)
        except OSError:  # another check of the same checkout was faster
            if not (folder / PROGRAM).exists():
                raise


def _download(folder: Path) -> None:
    """With apt's lists as they are; new ones if they do not know it or are too old."""
    # apt's own user may not enter a root's checkout.
    options = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    download = ["apt-get", "--quiet", *options, "download", PACKAGE]
    if not _runs(download, folder):
        _runs(["apt-get", "--quiet", *options, "update"], folder)
        _run(download, folder)


def _runs(argv: list[str], folder: Path) -> bool:
    try:
        _run(argv, folder)
    except MissingError:
        return False
    return True


def _run(argv: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - constants, and a file of ours
            argv, cwd=folder, capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"{_HELP} ({argv[0]} took too long)") from error
    if done.returncode:
        raise MissingError(f"{_HELP} ({' '.join(argv)}: {done.stderr.strip()[-300:]})")
