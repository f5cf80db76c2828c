"""A Postgres cluster on disk: made once, whole or not at all."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.local import postgres, privilege, secret
from deploy.local.errors import StepFailedError
from deploy.local.places import Place
from deploy.local.postgres import DATABASE, Postgres
from deploy.local.supervisor import Supervisor

BUILTIN_LOCALES_SINCE: Final = 17

# In the locale C no `ä` is the lower case of `Ä`, and search must not care about case. It is the
# last resort of a machine that knows no other.
LOCALES: Final = ("C.UTF-8", "en_US.UTF-8", "C")


def ensure(found: Postgres, place: Place, data: Path, supervisor: Supervisor) -> Path:
    """The cluster in `data`. It has its name only once it is whole, so that a start that was
    broken off leaves no half of one behind.
    """
    cluster = data / "cluster"
    if not cluster.exists():
        shutil.rmtree(data / "new", ignore_errors=True)
        new = place.folder(f"{data.name}/new")
        _initdb(found, place, new, supervisor)
        _create_database(found, place, new, supervisor)
        new.rename(cluster)
    return cluster


def _initdb(found: Postgres, place: Place, new: Path, supervisor: Supervisor) -> None:
    for locale in LOCALES:
        argv = (str(found.folder / "initdb"), *_options(found, place, new, locale))
        try:
            supervisor.run(postgres.program("initdb", argv, place))
        except StepFailedError:
            if locale == LOCALES[-1]:
                raise
        else:
            return


def _options(found: Postgres, place: Place, new: Path, locale: str) -> list[str]:
    options = ["-D", str(new), "-U", DATABASE, "--encoding=UTF8", f"--locale={locale}"]
    options += ["--auth=scram-sha-256", f"--pwfile={secret.password_file(place)}"]
    if found.version[0] >= BUILTIN_LOCALES_SINCE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options if place.lasting else [*options, "--no-sync"]


def _create_database(found: Postgres, place: Place, new: Path, supervisor: Supervisor) -> None:
    """In single-user mode: it needs no port, no password and no client."""
    statement = place.data / "create-database.sql"
    statement.write_text(f"CREATE DATABASE {DATABASE}\n", encoding="ascii")
    argv = (str(found.folder / "postgres"), "--single", "-D", str(new), "postgres")
    program = replace(postgres.program("createdb", argv, place), stdin=statement)
    supervisor.run(program)
    with suppress(FileNotFoundError):
        statement.unlink()
    privilege.give(new, place.account)
