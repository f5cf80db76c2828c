"""`python -m services.inbound`: mail in, a crash in between, and its end."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from common.crash import EXIT_CODE
from common.models import Message
from common.settings import Settings
from tests.integration.builders import Tenant
from tests.integration.inbound.post import Post, mail
from tests.processes import alive
from tests.service import Service, service
from tests.waiting import eventually

Run = Callable[..., AbstractContextManager[Service]]
GAUGE = "postroom_inbound_queue_messages"


def received(engine: Engine) -> list[str]:
    with Session(engine) as session:
        found = session.exec(select(Message).order_by(col(Message.id)))
        return [one.subject for one in found]


@pytest.fixture
def run(settings: Settings, post: Post, tmp_path: Path) -> Run:
    """The process; `changes` are settings."""
    here = {"aws_url": post.aws_url, "inbound_queue_url": post.url, "log_format": "json"}

    def start(log: str = "log", **changes: str) -> AbstractContextManager[Service]:
        return service("inbound", settings, tmp_path / log, **here, **changes)

    return start


def test_mail_comes_in_and_sigterm_ends_it(
    run: Run, engine: Engine, acme: Tenant, post: Post
) -> None:
    with run() as inbound:
        for number in range(20):
            post.arrives(mail(subject=f"{number}"), acme.inbox.email, copies=2)

        eventually(lambda: len(received(engine)) == 20 and post.left() == 0)
        inbound.counts('postroom_mails_received_total{outcome="stored"} 20.0')
        assert inbound.stop() == 0

    assert sorted(map(int, received(engine))) == list(range(20))
    assert "Hello." not in inbound.log.read_text()


@pytest.mark.parametrize("point", ["before_store", "after_store"])
def test_killed_around_the_commit_it_loses_nothing_and_stores_nothing_twice(
    run: Run, engine: Engine, acme: Tenant, post: Post, point: str
) -> None:
    post.arrives(mail(subject="once"), acme.inbox.email)
    with run("first", testing="true", crash_at=point) as inbound:
        assert inbound.process.wait(40) == EXIT_CODE
    assert received(engine) == (["once"] if point == "after_store" else [])

    with run("second") as inbound:
        eventually(lambda: post.left() == 0)
        assert inbound.stop() == 0

    assert received(engine) == ["once"]


def test_ctrl_c_which_the_parsers_hear_too_ends_it_well(
    run: Run, engine: Engine, acme: Tenant, post: Post
) -> None:
    with run() as inbound:
        post.arrives(mail(), acme.inbox.email)
        eventually(lambda: len(received(engine)) == 1)
        children = [int(pid) for pid in _children_of(inbound.process.pid)]
        for pid in children:
            os.kill(pid, signal.SIGINT)
        post.arrives(mail(), acme.inbox.email)

        eventually(lambda: len(received(engine)) == 2)
        assert inbound.stop() == 0

    assert children
    assert not alive(set(children))


def _children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_queue_that_does_not_answer_has_no_number(settings: Settings, tmp_path: Path) -> None:
    away = "http://127.0.0.1:1"

    with service(
        "inbound",
        settings,
        tmp_path / "log",
        log_format="json",
        aws_url=away,
        inbound_queue_url=f"{away}/123456789012/postroom-inbound",
    ) as inbound:
        eventually(lambda: f'{GAUGE}{{state="visible"}} NaN' in inbound.metrics())

        assert inbound.said("inbound.queue_unanswered")
        assert inbound.stop() == 0
