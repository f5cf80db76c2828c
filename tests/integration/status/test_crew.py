"""Feeds of one process: they help where there is a backlog, and each event is applied once."""

import threading

import pytest
from sqlalchemy import Engine

from common.letterbox import Letterbox
from common.sqs import Sqs
from services.status import crew
from services.status.feed import Feed
from services.status.horizon import BACKLOG
from services.status.parse import parse
from tests import ses
from tests.integration.status.conftest import Queue
from tests.tenants import Tenant, rows
from tests.waiting import eventually


@pytest.fixture
def feeds(engine: Engine, queue: Queue, sqs: Sqs) -> list[Feed]:
    letterboxes = [Letterbox(sqs, queue.url, parse, poll_seconds=1) for _ in range(crew.MOST)]
    return [Feed(one, engine, lambda: None) for one in letterboxes]


def pile_up(queue: Queue, count: int) -> None:
    """Events of mails that nobody knows."""
    bodies = [ses.event("delivery", f"ses-{number}") for number in range(count)]
    for at in range(0, count, 10):
        queue.put_at_once(bodies[at : at + 10])


def test_a_backlog_is_called_while_it_lasts(feeds: list[Feed], queue: Queue) -> None:
    pile_up(queue, BACKLOG + 10)

    feeds[0].turn()
    called = feeds[0].backlog.is_set()
    feeds[0].turn()

    assert called
    assert not feeds[0].backlog.is_set()


def test_a_helper_leaves_the_queue_alone_until_it_is_wanted(
    engine: Engine, feeds: list[Feed], queue: Queue
) -> None:
    stopping, wanted = threading.Event(), threading.Event()
    helper = threading.Thread(target=feeds[1].run, args=(stopping, wanted))
    helper.start()
    queue.put(ses.event("delivery", "ses-1"))
    untouched = queue.depth()

    wanted.set()

    eventually(lambda: len(rows(engine, "SELECT 1 FROM feedback")) == 1)
    stopping.set()
    helper.join()
    assert untouched == (1, 0)


def test_all_together_apply_each_event_once_and_end_when_they_are_told(
    engine: Engine, acme: Tenant, feeds: list[Feed], queue: Queue
) -> None:
    acme.message(external_id="ses-1")
    pile_up(queue, 2 * BACKLOG)
    queue.put(*[ses.event("delivery", "ses-1")] * 3)
    stopping = threading.Event()
    thread = threading.Thread(target=crew.run, args=(feeds, stopping))
    thread.start()

    eventually(lambda: queue.depth() == (0, 0))
    stopping.set()
    thread.join()

    assert len(rows(engine, "SELECT 1 FROM feedback")) == 2 * BACKLOG
    assert len(rows(engine, "SELECT 1 FROM event WHERE type = 'message.delivered'")) == 1
