"""`python -m deploy.restored`: what is restored from a backup sends nothing for the second time."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock, ids
from common.db import make_engine
from common.models import Message
from common.settings import Settings, with_driver
from deploy import copied, restored
from services.status.apply import apply
from services.status.parse import parse
from tests import ses
from tests.integration.builders import event, events_of, message, reread, tenant, webhook
from tests.integration.deploy.dumped import copy_of, dump
from tests.service import aws_double, service
from tests.tenants import rows
from tests.waiting import eventually

SOON = timedelta(minutes=1)


def leave(engine: sa.Engine) -> None:
    """The test itself would be somebody who works on the copy."""
    engine.dispose()
    other = sa.create_engine(engine.url, poolclass=sa.NullPool)
    with suppress(sa.exc.OperationalError):
        eventually(lambda: not copied.is_in_use(other))


Run = Callable[..., tuple[int, dict[str, Any], str]]
"""`run(engine, *flags, alone=True)`: the exit code, what was told, what was complained of."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """In this process: most of the time of a new one is its start."""

    def main(engine: sa.Engine, *flags: str, alone: bool = True) -> tuple[int, dict[str, Any], str]:
        if alone:
            leave(engine)
        monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
        monkeypatch.setattr(sys, "argv", ["restored", *flags])
        code = restored.main()
        said, complaint = capsys.readouterr()
        return code, json.loads(said or "{}"), complaint

    return main


@pytest.fixture
def aws_url(tmp_path: Path) -> Iterator[str]:
    with aws_double(tmp_path / "aws.log") as url:
        yield url


def sent(aws_url: str) -> list[str]:
    """The messages that SES took, each as often as it did."""
    accepted = httpx.get(f"{aws_url}/sent", timeout=10).raise_for_status().json()
    return sorted(one["tags"]["postroom_message"] for one in accepted)


def named(*messages: Message) -> list[str]:
    return sorted(ids.encode(ids.MESSAGE, one.id) for one in messages)


def wait_until_sent(engine: sa.Engine, *messages: Message) -> None:
    eventually(lambda: all(reread(engine, one).status == "sent" for one in messages))


def test_a_restored_copy_sends_nothing_twice(
    engine: sa.Engine, settings: Settings, aws_url: str, tmp_path: Path, run: Run
) -> None:
    acme = tenant(engine)
    queued = [message(engine, acme) for _ in range(3)]
    begun = message(engine, acme, send_state="sending", lease_until=clock.now() + SOON, attempts=1)
    later = message(engine, acme, due_at=clock.now() + 60 * SOON)
    dump(settings.database_url, tmp_path / "backup")
    sender = partial(service, "sender", log=tmp_path / "log", aws_url=aws_url, tick_seconds=0.1)
    with sender(settings):
        wait_until_sent(engine, *queued)

    with copy_of(settings, tmp_path / "backup") as (copy, its):
        code, told, _ = run(its)
        assert (code, told["held"]) == (0, {"queued": 3, "sending": 1, "unknown": 0})
        assert told["organizations"] == {ids.encode(ids.ORGANIZATION, acme.organization.id): 4}
        assert told["later"] == 1
        with sender(copy):
            after = message(its, acme)
            wait_until_sent(its, after)
        apply(its, [parse(ses.event("send", "0100-of-the-original", queued[0].id))])

        assert sent(aws_url) == named(*queued, after)
        states = [reread(its, one).send_state for one in (*queued, begun, later)]
        assert states == ["done", "held", "held", "held", "queued"]


def test_what_is_held_is_told_with_its_reason_and_held_once(engine: sa.Engine, run: Run) -> None:
    acme = tenant(engine)
    webhook(engine, acme, "https://example.com/hook", "message.held")
    queued = message(engine, acme, claims=2, lease_until=clock.now() + SOON, lease_token=ids.new())
    message(engine, acme, send_state="unknown", due_at=clock.now() + SOON)
    message(engine, acme, send_state="done", status="sent")
    message(engine, acme, direction="inbound", send_state=None, status="received")

    _, first, _ = run(engine)
    _, second, _ = run(engine)

    assert first["held"] == {"queued": 1, "sending": 0, "unknown": 1}
    assert second["held"] == {"queued": 0, "sending": 0, "unknown": 0}
    assert (second["organizations"], second["deliveries"]) == ({}, 2)
    held = reread(engine, queued)
    assert (held.send_state, held.lease_token, held.lease_until) == ("held", None, None)
    assert held.status_reason is not None
    assert held.status_reason["type"] == "Restored"
    assert [one.type for one in events_of(engine, acme)] == ["message.held"] * 2


def test_a_person_lets_the_mail_of_one_organization_go(engine: sa.Engine, run: Run) -> None:
    acme, other = tenant(engine), tenant(engine)
    mine, theirs = message(engine, acme), message(engine, other)
    reason = {"type": "Held", "message": "Of a lost answer, not of a backup."}
    doubtful = message(engine, acme, send_state="held", status_reason=reason)
    run(engine)

    code, told, _ = run(engine, "--send-again", ids.encode("org", acme.organization.id))

    assert (code, told) == (0, {"queued": 1})
    states = [reread(engine, one).send_state for one in (mine, theirs, doubtful)]
    assert states == ["queued", "held", "held"]
    assert run(engine, "--send-again", "all")[1] == {"queued": 1}


def test_events_of_a_cluster_that_had_come_further_are_numbered_anew(
    engine: sa.Engine, run: Run
) -> None:
    acme = tenant(engine)
    for _ in range(3):
        event(engine, acme)
    numbers = "SELECT transaction FROM event ORDER BY id"
    before = rows(engine, numbers)

    assert run(engine)[1]["events"] == 0
    assert rows(engine, numbers) == before

    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE event SET transaction = transaction + 1000000000"))
    assert run(engine)[1]["events"] == 3
    assert rows(engine, numbers) == [{"transaction": 0}] * 3
    event(engine, acme)
    assert run(engine)[1]["events"] == 0


def test_where_somebody_works_on_the_database_it_wants_to_know_since_when(
    engine: sa.Engine, run: Run
) -> None:
    acme = tenant(engine)
    hour = timedelta(hours=1)
    old = message(engine, acme, created_at=clock.now() - 2 * hour)
    new = message(engine, acme)
    at_work = make_engine(
        Settings(
            database_url=with_driver(engine.url.render_as_string(hide_password=False)),
            redis_url="redis://localhost",
        )
    )
    with at_work.connect():
        code, told, complaint = run(engine, alone=False)
        assert (code, told) == (2, {})
        assert "--before" in complaint
        _, told, _ = run(engine, "--before", clock.wire(clock.now() - hour), alone=False)
    at_work.dispose()

    assert told["held"]["queued"] == 1
    assert [reread(engine, one).send_state for one in (old, new)] == ["held", "queued"]


@pytest.mark.parametrize(
    "flags", [("--before", "yesterday"), ("--before", "2026-11-30T12:00:00"), ("--send-again", "x")]
)
def test_what_makes_no_sense_is_said(engine: sa.Engine, run: Run, flags: tuple[str, str]) -> None:
    code, told, complaint = run(engine, *flags)

    assert (code, told, complaint.count("\n")) == (2, {}, 1)


def test_a_database_that_is_away_is_said(run: Run) -> None:
    away = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    assert run(away) == (1, {}, "The database of DATABASE_URL does not answer.\n")
