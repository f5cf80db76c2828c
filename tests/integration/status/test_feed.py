"""The feed between SQS's double and Postgres: nothing lost, nothing stuck, nothing twice."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from structlog.testing import capture_logs

from services.status.feed import Feed
from services.status.letterbox import Letterbox
from tests import ses
from tests.integration.status.conftest import Queue
from tests.tenants import Tenant, rows, tenant
from tests.waiting import eventually


class RunFeed(Protocol):
    def __call__(self) -> AbstractContextManager[list[str]]: ...


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)


@pytest.fixture
def letterbox(queue: Queue) -> Iterator[Letterbox]:
    letterbox = Letterbox(queue.sqs, queue.url, poll_seconds=1)
    yield letterbox
    letterbox.close()


@pytest.fixture
def running(engine: Engine, letterbox: Letterbox) -> RunFeed:
    """A feed in a thread, which has come to its end on leaving; its rings."""

    @contextmanager
    def run() -> Iterator[list[str]]:
        rings: list[str] = []
        stopping = threading.Event()
        feed = Feed(letterbox, engine, lambda: rings.append("webhooks"))
        thread = threading.Thread(target=feed.run, args=(stopping,))
        thread.start()
        try:
            yield rings
        finally:
            stopping.set()
            thread.join()

    return run


def statement(engine: Engine, words: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(words))


def stored(engine: Engine) -> int:
    return len(rows(engine, "SELECT id FROM feedback"))


def statuses(engine: Engine) -> list[str]:
    query = "SELECT status FROM recipient ORDER BY message_id"
    return [row["status"] for row in rows(engine, query)]


def test_a_letter_is_applied_then_deleted_and_the_webhooks_are_rung(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    acme.webhook("message.delivered")
    acme.message(external_id="ses-1")

    with running() as rings:
        queue.put(ses.from_sns(ses.event("delivery", "ses-1")))
        eventually(lambda: rings and queue.depth() == (0, 0))

    assert statuses(engine) == ["delivered"]
    assert rings == ["webhooks"]


def test_nobody_is_rung_where_nobody_listens(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    acme.message(external_id="ses-1")
    queue.put(ses.event("delivery", "ses-1"))

    with running() as rings:
        eventually(lambda: statuses(engine) == ["delivered"] and queue.depth() == (0, 0))

    assert rings == []


def test_what_cannot_be_read_is_stored_and_deleted(
    engine: Engine, queue: Queue, running: RunFeed
) -> None:
    queue.put("hello", "[]", ses.recorded("sns_topic_validated"))

    with running():
        eventually(lambda: stored(engine) == 3 and queue.depth() == (0, 0))

    kinds = [row["kind"] for row in rows(engine, "SELECT kind FROM feedback ORDER BY kind")]
    assert kinds == ["notice", "unreadable", "unreadable"]
    assert queue.dead() == 0


def test_a_backlog_is_taken_a_hundred_at_a_time(
    engine: Engine, queue: Queue, letterbox: Letterbox
) -> None:
    queue.put(*(ses.event("delivery", f"ses-{number}") for number in range(104)))
    feed = Feed(letterbox, engine, lambda: None)

    feed.turn()
    first = stored(engine)
    feed.turn()

    assert (first, stored(engine)) == (100, 104)
    assert queue.depth() == (0, 0)


def test_a_poison_letter_holds_no_other_back_and_ends_with_the_dead(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    for number in range(5):
        acme.message(external_id=f"ses-{number}")
    statement(engine, "ALTER TABLE feedback ADD CHECK (external_message_id <> 'ses-2')")
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "1"})
    queue.put(*(ses.event("delivery", f"ses-{number}") for number in range(5)))

    with running():
        eventually(lambda: queue.dead() == 1 and queue.depth() == (0, 0))

    assert statuses(engine) == ["delivered", "delivered", "sent", "delivered", "delivered"]
    assert stored(engine) == 4


def test_while_the_database_is_away_nothing_is_taken_out_of_the_queue(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    acme.message(external_id="ses-1")
    statement(engine, "ALTER TABLE feedback RENAME TO away")

    with running():
        queue.put(ses.event("delivery", "ses-1"))
        assert queue.depth() == (1, 0)
        statement(engine, "ALTER TABLE away RENAME TO feedback")
        eventually(lambda: statuses(engine) == ["delivered"] and queue.depth() == (0, 0))


def test_what_is_in_hand_as_the_database_goes_stays_in_hand_until_it_is_back(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    """Given back, it would be received again at each try, and end with the dead."""
    acme.message(external_id="ses-1")
    statement(engine, "ALTER TABLE delivery RENAME TO away")
    queue.put(ses.event("delivery", "ses-1"))

    with running(), capture_logs() as logs:
        eventually(lambda: [line["event"] for line in logs].count("feed.interrupted") == 3)
        assert queue.depth() == (0, 1)
        statement(engine, "ALTER TABLE away RENAME TO delivery")
        eventually(lambda: statuses(engine) == ["delivered"] and queue.depth() == (0, 0))

    assert queue.dead() == 0
    assert stored(engine) == 1


def test_a_stopping_feed_gives_back_what_it_could_not_store(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    acme.message(external_id="ses-1")
    statement(engine, "ALTER TABLE delivery RENAME TO away")
    queue.put(ses.event("delivery", "ses-1"))

    with running():
        eventually(lambda: queue.depth() == (0, 1))

    assert queue.depth() == (1, 0)


def test_a_feed_whose_queue_is_away_goes_on_when_it_is_back(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    acme.message(external_id="ses-1")
    queue.sqs.delete_queue(QueueUrl=queue.url)

    with running():
        queue.sqs.create_queue(QueueName=queue.url.rpartition("/")[2])
        queue.put(ses.event("delivery", "ses-1"))
        eventually(lambda: statuses(engine) == ["delivered"])


def test_feedback_finds_its_message_while_the_queue_is_silent(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    message_id = acme.message()
    queue.put(ses.event("delivery", "ses-1"))

    with running():
        eventually(lambda: stored(engine) == 1)
        statement(
            engine, f"UPDATE message SET external_message_id = 'ses-1' WHERE id = '{message_id}'"
        )
        eventually(lambda: statuses(engine) == ["delivered"])


def test_feedback_that_cannot_be_applied_holds_no_other_back(
    engine: Engine, acme: Tenant, queue: Queue, running: RunFeed
) -> None:
    messages = [acme.message() for _ in range(3)]
    queue.put(*(ses.event("delivery", f"ses-{number}") for number in range(3)))

    with running():
        eventually(lambda: stored(engine) == 3)
        statement(engine, f"ALTER TABLE event ADD CHECK (message_id <> '{messages[1]}')")
        for number, message_id in enumerate(messages):
            statement(
                engine,
                f"UPDATE message SET external_message_id = 'ses-{number}', status = 'sent' "
                f"WHERE id = '{message_id}'",
            )
        eventually(lambda: statuses(engine) == ["delivered", "queued", "delivered"])
