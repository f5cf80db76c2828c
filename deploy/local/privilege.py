"""Whom the servers run as. Postgres refuses to run as root, and a database has no need to be."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import CannotStartError

PREFERRED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def for_servers() -> Account | None:
    """None: as whoever we are, who is not root."""
    if os.geteuid() != 0:
        return None
    for name in PREFERRED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise CannotStartError(
        f"as root the servers run as one of the users {PREFERRED}; none exists here"
    )


def give(path: Path, account: Account | None) -> None:
    """Makes the account the owner. A link is never followed: its target is not ours to give."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
