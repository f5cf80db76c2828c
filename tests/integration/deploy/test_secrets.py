"""`python -m deploy.secrets`: every webhook secret sealed with the first key, whatever it was."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from common import clock, ids
from common.vault import Vault
from deploy import secrets
from deploy.secrets import Sealing
from services.webhooks.signing import new_secret
from tests.integration.builders import Tenant, tenant
from tests.integration.deploy.sealed import LOST, NEW, OLD, opened, stored, webhook
from tests.tenants import WAITING, rows
from tests.waiting import eventually


@pytest.fixture
def acme(engine: sa.Engine) -> Tenant:
    return tenant(engine)


Run = Callable[..., tuple[int, str, str]]
"""`run(url, keys)`: the exit code, and what was written where."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """In this process: most of the time of a new one is its start."""

    def main(url: str, keys: str = f"{NEW},{OLD}") -> tuple[int, str, str]:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("POSTROOM_SECRET_KEYS", keys)
        code = secrets.main()
        return code, *capsys.readouterr()

    return main


def told(done: tuple[int, str, str]) -> object:
    code, output, complaint = done
    assert (code, complaint) == (0, "")
    assert output.count("\n") == 1
    return json.loads(output)


def test_afterwards_the_new_key_alone_opens_every_secret(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    mine = [
        webhook(acme, engine, None),
        webhook(acme, engine, OLD),
        webhook(acme, engine, NEW),
        webhook(acme, engine, OLD, deleted_at=clock.now()),
        webhook(acme, engine, OLD, enabled=False),
    ]

    assert told(run(database_url)) == {"sealed": 8, "current": 2}

    assert opened(engine, NEW) == {row.id: (row.secret, row.old_secret) for row in mine}


def test_a_webhook_that_was_never_rotated_has_no_old_secret_afterwards_either(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    row = webhook(acme, engine, None)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE webhook SET old_secret = NULL"))

    assert told(run(database_url)) == {"sealed": 1, "current": 0}

    assert opened(engine, NEW) == {row.id: (row.secret, None)}


def test_nothing_but_the_secrets_changes(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    webhook(acme, engine, OLD, description="d", ordered=True, old_secret_until=clock.now())
    others = "SELECT to_jsonb(w) - 'secret' - 'old_secret' AS others FROM webhook w"
    before = rows(engine, others)

    run(database_url)

    assert rows(engine, others) == before


def test_the_second_run_finds_nothing_to_do(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    webhook(acme, engine, OLD)
    run(database_url)
    before = stored(engine)

    assert told(run(database_url)) == {"sealed": 0, "current": 2}
    assert stored(engine) == before


def test_an_installation_without_webhooks_is_fine(run: Run, database_url: str) -> None:
    assert told(run(database_url)) == {"sealed": 0, "current": 0}


def test_no_row_is_left_out_between_batches(engine: sa.Engine, acme: Tenant) -> None:
    mine = [webhook(acme, engine, OLD) for _ in range(5)]
    sealing = Sealing(Vault.with_keys(f"{NEW},{OLD}"))

    sealing.all(engine, batch=2)

    assert (sealing.sealed, sealing.current) == (10, 0)
    assert opened(engine, NEW) == {row.id: (row.secret, row.old_secret) for row in mine}


def test_a_rotation_at_the_same_moment_is_kept(engine: sa.Engine, acme: Tenant) -> None:
    row = webhook(acme, engine, OLD)
    rotated = new_secret()
    change = sa.text("UPDATE webhook SET old_secret = secret, secret = :secret WHERE id = :id")
    sealing = Sealing(Vault.with_keys(f"{NEW},{OLD}"))
    with ThreadPoolExecutor(1) as other:
        with engine.begin() as api:
            secret = Vault.with_keys(OLD).seal(rotated, row.id)
            api.execute(change, {"secret": secret, "id": row.id})
            running = other.submit(sealing.all, engine)
            eventually(lambda: rows(engine, WAITING), 10, "it waits for the rotation")
        running.result()

    assert opened(engine, NEW) == {row.id: (rotated, row.secret)}


def test_a_secret_that_no_key_opens_stops_it_and_is_named_by_its_webhook(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    lost = webhook(acme, engine, LOST)
    before = stored(engine)

    code, output, complaint = run(database_url)

    assert (code, output) == (1, "")
    assert complaint.startswith(f"{ids.encode(ids.WEBHOOK, lost.id)}: ")
    assert "a key that POSTROOM_SECRET_KEYS lacks" in complaint
    assert complaint.count("\n") == 1
    hidden = [lost.secret, *before[lost.id]]
    assert not any(one and one[-20:] in complaint for one in hidden)
    assert stored(engine) == before


def test_a_secret_of_another_row_stops_it(
    run: Run, database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    webhook(acme, engine, OLD)
    webhook(acme, engine, OLD)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE webhook SET secret = (SELECT min(secret) FROM webhook)"))

    code, _, complaint = run(database_url)

    assert code == 1
    assert "was changed, or is another row's" in complaint


@pytest.mark.parametrize("keys", ["", "2026", f"{NEW},", "2026:c2hvcnQ="])
def test_without_proper_keys_nothing_is_done(run: Run, database_url: str, keys: str) -> None:
    code, output, complaint = run(database_url, keys)

    assert (code, output) == (2, "")
    assert complaint.startswith("POSTROOM_SECRET_KEYS is ")
    assert "c2hvcnQ" not in complaint


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("", 2, "DATABASE_URL must be postgresql://"),
        ("postgresql://u:secret@127.0.0.1:1/d", 1, "does not answer"),
    ],
)
def test_a_database_that_is_not_there_is_said(run: Run, url: str, code: int, words: str) -> None:
    ended, output, complaint = run(url)

    assert (ended, output) == (code, "")
    assert words in complaint
    assert "secret" not in complaint


def test_it_is_a_command_that_needs_two_settings(
    database_url: str, engine: sa.Engine, acme: Tenant
) -> None:
    webhook(acme, engine, None)
    env = {"DATABASE_URL": database_url, "POSTROOM_SECRET_KEYS": NEW}
    argv = [sys.executable, "-m", "deploy.secrets"]

    output = subprocess.check_output(argv, env=env, text=True)  # noqa: S603

    assert output == '{"sealed": 2, "current": 0}\n'
