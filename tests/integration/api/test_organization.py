import json
import os
import sys

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from tests import command
from tests.integration.api.serving import ClientOf


def environment(database_url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}


def run(database_url: str, *flags: str, **more: str) -> tuple[int, str, str]:
    return command.run("deploy.organization", flags, environment(database_url) | more)


def made(database_url: str, *flags: str) -> dict[str, str]:
    code, output, errors = run(database_url, *flags)
    assert (code, errors, output.count("\n")) == (0, "", 1)
    told: dict[str, str] = json.loads(output)
    return told


def limits(engine: sa.Engine) -> dict[str, int | None]:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT name, sends_per_hour FROM organization"))
        return {row.name: row.sends_per_hour for row in found}


def test_it_prints_the_organization_and_a_key_that_works(
    database_url: str, client_of: ClientOf
) -> None:
    argv = (sys.executable, "-m", "deploy.organization", "--name", "acme")
    code, output, errors = command.command(argv, environment(database_url))

    assert (code, errors, output.count("\n")) == (0, "", 1)
    told = json.loads(output)
    assert set(told) == {"organizationId", "apiKey"}
    inbox = client_of(told["apiKey"]).post("/v1/inboxes", json={})
    assert inbox.status_code == 201
    assert inbox.json()["organizationId"] == told["organizationId"]


def test_the_limit_is_the_organizations_own(
    database_url: str, engine: sa.Engine, client_of: ClientOf
) -> None:
    key = made(database_url, "--name", "small", "--limit", "3")["apiKey"]
    made(database_url, "--name", "usual")

    assert limits(engine) == {"small": 3, "usual": None}
    client = client_of(key)
    inbox = client.post("/v1/inboxes", json={}).json()["id"]
    sent = client.post(f"/v1/inboxes/{inbox}/messages/send", json={"to": ["a@b.example"]})
    assert sent.headers["ratelimit-limit"] == "3"


def test_name_and_limit_are_read_from_the_environment_too(
    database_url: str, engine: sa.Engine
) -> None:
    assert run(database_url, NAME="acme", LIMIT="7")[0] == 0
    assert run(database_url, "--name", "flags", NAME="environment", LIMIT="")[0] == 0

    assert limits(engine) == {"acme": 7, "flags": None}


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--name", " "),
        ("--name", "a\nb"),
        ("--name", "acme", "--limit", "0"),
        ("--name", "acme", "--limit", "-5"),
        ("--name", "acme", "--limit", "many"),
        ("--name", "acme", "--limit", "1.5"),
        ("--name", "acme", "--limit", "99999999999"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_and_nothing_is_made(
    database_url: str, engine: sa.Engine, flags: tuple[str, ...]
) -> None:
    code, output, errors = run(database_url, *flags)

    assert (code, output) == (2, "")
    assert errors.strip().endswith(".")
    assert "Traceback" not in errors
    assert limits(engine) == {}


@pytest.mark.parametrize("url", ["", "mysql://x", "postgresql://postgres:secret@127.0.0.1:1/x"])
def test_a_database_that_is_not_there_is_a_sentence(url: str) -> None:
    code, _, errors = run(url, "--name", "acme")

    assert code != 0
    assert "Traceback" not in errors
    assert "secret" not in errors
    assert errors.strip().endswith(".")


def test_two_of_one_name_are_two(database_url: str, client_of: ClientOf) -> None:
    first, second = (made(database_url, "--name", "acme") for _ in range(2))

    assert first["organizationId"] != second["organizationId"]
    ids.decode(ids.ORGANIZATION, first["organizationId"])
    response: httpx.Response = client_of(first["apiKey"]).get("/v1/inboxes")
    assert response.json() == []
