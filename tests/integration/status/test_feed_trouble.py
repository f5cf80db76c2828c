"""The feed in trouble: nothing lost, nothing stuck, nothing with the dead that need not be."""

import sqlalchemy as sa
from sqlalchemy import Engine
from structlog.testing import capture_logs

from tests import ses
from tests.integration.status.conftest import Queue, RunFeed
from tests.tenants import Tenant, rows
from tests.waiting import eventually


def statement(engine: Engine, words: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(words))


def stored(engine: Engine) -> int:
    return len(rows(engine, "SELECT id FROM feedback"))


def statuses(engine: Engine) -> list[str]:
    query = "SELECT status FROM recipient ORDER BY message_id"
    return [row["status"] for row in rows(engine, query)]


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
        eventually(lambda: [line["event"] for line in logs].count("feed.interrupted") >= 3)
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
