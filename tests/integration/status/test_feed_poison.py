"""Bad letters: kept raw once, left for SQS to put aside, and deleted only where it never would."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from structlog.testing import capture_logs

from common.letterbox import Letterbox
from common.sqs import Sqs
from services.status.feed import MOST_RECEIVES, Feed
from services.status.parse import parse
from tests import ses
from tests.integration.status.conftest import Queue, RunFeed
from tests.tenants import Tenant, rows
from tests.waiting import eventually

MakeFeed = Callable[[Queue], Feed]


def statement(engine: Engine, words: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(words))


def kept(engine: Engine) -> list[tuple[str, str]]:
    return [(row["kind"], row["raw"]) for row in rows(engine, "SELECT kind, raw FROM feedback")]


def statuses(engine: Engine) -> list[str]:
    return [row["status"] for row in rows(engine, "SELECT status FROM recipient")]


@pytest.fixture
def feed(engine: Engine, sqs: Sqs) -> MakeFeed:
    """One that a test turns by hand."""
    return lambda queue: Feed(
        Letterbox(sqs, queue.url, parse, poll_seconds=1), engine, lambda: None
    )


def test_what_cannot_be_read_is_kept_raw_once_and_ends_with_the_dead(
    engine: Engine, queue: Queue, running: RunFeed
) -> None:
    queue.hide_for(1)
    queue.put("hello")

    with running():
        eventually(lambda: queue.dead() == 1)

    assert kept(engine) == [("unreadable", "hello")]
    assert queue.depth() == (0, 0)


def test_what_is_left_comes_back_at_the_visibility_timeout_and_not_before(
    engine: Engine, queue: Queue, feed: MakeFeed
) -> None:
    queue.put("hello")

    feed(queue).turn()

    assert kept(engine) == [("unreadable", "hello")]
    assert queue.depth() == (0, 1)


def test_beside_what_cannot_be_read_all_else_is_applied_and_deleted(
    engine: Engine, acme: Tenant, queue: Queue, feed: MakeFeed
) -> None:
    acme.message(external_id="ses-1")
    queue.put("hello", ses.event("delivery", "ses-1"), ses.recorded("sns_topic_validated"))

    feed(queue).turn()

    assert statuses(engine) == ["delivered"]
    assert queue.depth() == (0, 1)


@pytest.mark.parametrize(("receives", "left"), [(MOST_RECEIVES - 1, 1), (MOST_RECEIVES, 0)])
def test_where_nothing_is_put_aside_it_is_deleted_after_so_many_receives(
    engine: Engine, endless: Queue, feed: MakeFeed, receives: int, left: int
) -> None:
    endless.put("hello")
    endless.show_after(receives - 1)

    with capture_logs() as logs:
        feed(endless).turn()

    assert [line["event"] for line in logs].count("feed.letter_given_up") == 1 - left
    assert endless.depth() == (0, left)
    assert kept(engine) == [("unreadable", "hello")]


def test_an_event_that_cannot_be_applied_is_at_last_kept_raw_without_being_applied(
    engine: Engine, acme: Tenant, endless: Queue, feed: MakeFeed
) -> None:
    acme.message(external_id="ses-1")
    statement(engine, "ALTER TABLE recipient ADD CHECK (status <> 'delivered')")
    body = ses.event("delivery", "ses-1")
    endless.put(body)
    endless.show_after(MOST_RECEIVES - 1)

    feed(endless).turn()

    assert kept(engine) == [("unreadable", body)]
    assert statuses(engine) == ["sent"]
    assert endless.depth() == (0, 0)


def test_a_copy_of_it_is_applied_once_the_fault_is_gone(
    engine: Engine, acme: Tenant, endless: Queue, feed: MakeFeed
) -> None:
    acme.message(external_id="ses-1")
    statement(engine, "ALTER TABLE recipient ADD CONSTRAINT poison CHECK (status <> 'delivered')")
    body = ses.event("delivery", "ses-1")
    endless.put(body)
    endless.show_after(MOST_RECEIVES - 1)
    feed(endless).turn()

    statement(engine, "ALTER TABLE recipient DROP CONSTRAINT poison")
    endless.put(body)
    feed(endless).turn()

    assert statuses(engine) == ["delivered"]


def test_what_cannot_even_be_kept_is_never_deleted(
    engine: Engine, endless: Queue, feed: MakeFeed
) -> None:
    statement(engine, "ALTER TABLE feedback ADD CHECK (raw <> 'hello')")
    endless.put("hello")
    endless.show_after(MOST_RECEIVES + 1)

    feed(endless).turn()

    assert kept(engine) == []
    assert endless.depth() == (0, 1)
