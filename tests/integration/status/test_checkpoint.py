"""The checkpoint as the feed writes it: all that was in the queue before that moment is applied."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from common.letterbox import Letterbox
from common.sqs import Sqs
from services.status import horizon
from services.status.feed import Feed
from services.status.parse import Parsed, parse
from tests import ses
from tests.integration.status.conftest import Queue
from tests.tenants import Tenant, rows

POLL = timedelta(seconds=1)


def checkpoint(engine: Engine) -> datetime | None:
    found = rows(engine, "SELECT at FROM checkpoint WHERE name = 'feedback'")
    return found[0]["at"] if found else None


def statuses(engine: Engine) -> list[str]:
    return [row["status"] for row in rows(engine, "SELECT status FROM recipient")]


@pytest.fixture
def hasty(queue: Queue, sqs: Sqs) -> Letterbox[Parsed]:
    """It does not wait for letters; the double shows all that it has all the same."""
    return Letterbox(sqs, queue.url, parse, poll_seconds=0)


@pytest.fixture
def feed(engine: Engine, hasty: Letterbox[Parsed]) -> Feed:
    return Feed(hasty, engine, lambda: None, margin=timedelta(0))


def test_an_empty_queue_proves_all_until_the_receive_began(
    engine: Engine, letterbox: Letterbox[Parsed]
) -> None:
    before = horizon.now(engine)

    Feed(letterbox, engine, lambda: None, timedelta(0)).turn()

    at = checkpoint(engine)
    assert at is not None
    assert before <= at <= horizon.now(engine) - POLL


def test_counts_that_may_be_old_prove_as_much_less(
    engine: Engine, hasty: Letterbox[Parsed]
) -> None:
    margin = timedelta(minutes=1)

    Feed(hasty, engine, lambda: None, margin).turn()

    at = checkpoint(engine)
    assert at is not None
    assert at <= horizon.now(engine) - margin


def test_letters_that_were_there_prove_nothing_of_others(
    engine: Engine, queue: Queue, feed: Feed
) -> None:
    queue.put(ses.event("delivery", "ses-1"))

    feed.turn()

    assert checkpoint(engine) is None


def test_an_empty_receive_proves_nothing_while_another_worker_holds_a_letter(
    engine: Engine, acme: Tenant, queue: Queue, hasty: Letterbox[Parsed], feed: Feed
) -> None:
    """It was killed, say: the letter comes back at its visibility timeout, and then is applied."""
    sent = acme.message(send_state="unknown")
    queue.put(ses.event("send", "ses-1", message_id=sent))
    held = queue.receive()
    feed.turn()
    while_held = checkpoint(engine)

    queue.show(held)
    feed.turn()
    applied = statuses(engine), checkpoint(engine)
    Feed(hasty, engine, lambda: None, timedelta(0)).turn()

    assert while_held is None
    assert applied == (["sent"], None)
    assert checkpoint(engine) is not None


def test_a_queue_that_does_not_tell_its_counts_is_let_be(
    queue: Queue, hasty: Letterbox[Parsed]
) -> None:
    queue.sqs.delete_queue(QueueUrl=queue.url)

    assert hasty.counts() is None


def test_it_never_goes_back(engine: Engine) -> None:
    now = horizon.now(engine)

    for step in (0, -60, 60, 30):
        horizon.write(engine, now + timedelta(seconds=step))

    assert checkpoint(engine) == now + timedelta(seconds=60)


def test_the_counts_are_of_all_letters_and_say_for_how_long_they_are_hidden(
    queue: Queue, hasty: Letterbox[Parsed]
) -> None:
    queue.hide_for(17)
    queue.put("one", "two")
    queue.receive()

    counts = hasty.counts()

    assert counts is not None
    assert (counts.letters, counts.hidden_for) == (2, timedelta(seconds=17))
