"""Finds programs: on the PATH, or in the wheels of the group `embedded`."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy.local.places import Place
from deploy.local.privilege import Account

# Two thirds of the files of the Postgres wheel are for compiling against it, and reading about it.
NOT_TO_RUN = shutil.ignore_patterns("include", "doc", "pgxs", "*.a")


def on_path(*names: str) -> Iterator[Path]:
    """Links are followed: what belongs to a program lies beside its real place.

    `/usr/local/bin/postgres` may be a link into `/usr/lib/postgresql/17/bin`, where initdb is.
    """
    for name in names:
        found = shutil.which(name)
        if found:
            yield Path(found).resolve()


def of_wheel(distribution: str, package: str, parts: tuple[str, ...], place: Place) -> Path | None:
    """The folder that holds the package and its libraries, where the servers' user can reach it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    site = Path(spec.origin).parents[1]
    if place.programs is None:
        return site
    version = importlib.metadata.version(distribution)
    return _copied(site, parts, place.programs / f"{distribution}-{version}")


def _copied(site: Path, parts: tuple[str, ...], target: Path) -> Path:
    """Root's own, readable by others: what runs as the servers' user cannot change its program."""
    if target.exists():
        return target
    new = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    for part in parts:
        shutil.copytree(site / part, new / part, symlinks=True, ignore=NOT_TO_RUN)
    for path in [new, *new.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)
    try:
        new.rename(target)
    except OSError:  # another run of the same checkout was faster
        shutil.rmtree(new)
    return target


def version(program: Path, account: Account | None) -> tuple[int, ...] | None:
    """What `--version` says: None where the program does not run for that user."""
    try:
        answer = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(?:v=|\) )(\d+(?:\.\d+)*)", answer.stdout)
    if answer.returncode or not found:
        return None
    return tuple(int(number) for number in found[1].split("."))
