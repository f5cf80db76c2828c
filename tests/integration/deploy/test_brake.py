"""`python -m deploy.brake`: the operator's hand on the brake."""

import json
import os
import sys

import pytest
import sqlalchemy as sa

from common import ids
from tests import command
from tests.tenants import rows, tenant


def environment(database_url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}


def run(database_url: str, *flags: str) -> tuple[int, str, str]:
    return command.run("deploy.brake", flags, environment(database_url))


def said(database_url: str, *flags: str) -> str:
    code, output, errors = run(database_url, *flags)
    assert (code, errors) == (0, "")
    return output


def test_an_organization_is_paused_listed_and_released(
    database_url: str, engine: sa.Engine
) -> None:
    acme = tenant(engine)
    name = ids.encode(ids.ORGANIZATION, acme.id)

    paused = said(database_url, "--pause", name, "--why", "Call us.")
    listed = said(database_url)
    released = said(database_url, "--release", name)

    told = json.loads(paused)
    assert (told["id"], told["pausedReason"]) == (name, {"type": "operator", "message": "Call us."})
    assert listed == paused
    assert "pausedAt" not in json.loads(released)
    assert said(database_url) == ""
    events = [row["type"] for row in rows(engine, "SELECT type FROM event ORDER BY id")]
    assert events == ["organization.paused", "organization.released"]


@pytest.mark.parametrize("flag", ["--pause", "--release"])
@pytest.mark.parametrize("name", ["acme", "org_00000000000000000000000000"])
def test_what_makes_no_sense_is_said(database_url: str, flag: str, name: str) -> None:
    code, output, errors = run(database_url, flag, name)

    assert (code, output, errors.count("\n")) == (2, "", 1)


def test_a_database_that_is_away_is_said() -> None:
    away = environment("postgresql://nobody@127.0.0.1:1/nothing")
    done = command.command((sys.executable, "-m", "deploy.brake"), away)

    assert done == (1, "", "The database of DATABASE_URL does not answer.\n")
