"""`python -m deploy.brake`: the operator's hand on the brake."""

import json
import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from common import ids
from tests.tenants import rows, tenant


def run(database_url: str, *flags: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "deploy.brake", *flags],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_organization_is_paused_listed_and_released(
    database_url: str, engine: sa.Engine
) -> None:
    acme = tenant(engine)
    name = ids.encode(ids.ORGANIZATION, acme.id)

    paused = run(database_url, "--pause", name, "--why", "Call us.")
    listed = run(database_url)
    released = run(database_url, "--release", name)

    told = json.loads(paused.stdout)
    assert (told["id"], told["pausedReason"]) == (name, {"type": "operator", "message": "Call us."})
    assert listed.stdout == paused.stdout
    assert "pausedAt" not in json.loads(released.stdout)
    assert run(database_url).stdout == ""
    events = [row["type"] for row in rows(engine, "SELECT type FROM event ORDER BY id")]
    assert events == ["organization.paused", "organization.released"]


@pytest.mark.parametrize("flag", ["--pause", "--release"])
@pytest.mark.parametrize("name", ["acme", "org_00000000000000000000000000"])
def test_what_makes_no_sense_is_said(database_url: str, flag: str, name: str) -> None:
    done = run(database_url, flag, name)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_away_is_said() -> None:
    done = run("postgresql://nobody@127.0.0.1:1/nothing")

    assert (done.returncode, done.stderr) == (
        1,
        "The database of DATABASE_URL does not answer.\n",
    )
