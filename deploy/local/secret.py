"""The local servers' password: made once, kept beside the data it protects."""

import os
import secrets
from pathlib import Path

from deploy.local import privilege
from deploy.local.places import Place


def password_file(place: Place) -> Path:
    """Mode 0600, the servers' user's own: initdb reads it too."""
    path = place.data / "password"
    if not path.exists():
        new = path.with_name(f"password.{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(new, flags, 0o600), "w") as file:
            file.write(secrets.token_hex(24))
        privilege.give(new, place.account)
        new.rename(path)
    return path


def password(place: Place) -> str:
    return password_file(place).read_text(encoding="ascii").strip()
