"""The feed between the double of SQS and Postgres: every letter once, then deleted."""

from sqlalchemy import Engine

from common.letterbox import Letterbox
from services.status.feed import Feed
from services.status.parse import Parsed
from tests import ses
from tests.integration.status.conftest import Queue, RunFeed
from tests.tenants import Tenant, rows
from tests.waiting import eventually


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


def test_what_aws_says_of_its_topics_is_stored_and_deleted(
    engine: Engine, queue: Queue, running: RunFeed
) -> None:
    queue.put(ses.recorded("sns_topic_validated"))

    with running():
        eventually(lambda: stored(engine) == 1 and queue.depth() == (0, 0))

    assert rows(engine, "SELECT kind FROM feedback") == [{"kind": "notice"}]
    assert queue.dead() == 0


def test_a_backlog_is_taken_a_hundred_at_a_time(
    engine: Engine, queue: Queue, letterbox: Letterbox[Parsed]
) -> None:
    queue.put(*(ses.event("delivery", f"ses-{number}") for number in range(104)))
    feed = Feed(letterbox, engine, lambda: None)

    feed.turn()
    first = stored(engine)
    feed.turn()

    assert (first, stored(engine)) == (100, 104)
    assert queue.depth() == (0, 0)
