"""What is written when SES has answered: message, recipients, event, deliveries, in one commit."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock, ids
from common.models import Message
from services.sender.jobs import Claimed, Jobs, Result
from tests.integration.builders import (
    Tenant,
    deliveries_of,
    events_of,
    message,
    recipients_of,
    reread,
    tenant,
    webhook,
)
from tests.integration.sender.results import REASON, accepted, rejected, started, unknown


@pytest.fixture
def acme(engine: sa.Engine) -> Tenant:
    return tenant(engine)


def test_accepted_is_sent_with_the_id_of_ses(engine: sa.Engine, jobs: Jobs, acme: Tenant) -> None:
    queued = message(engine, acme, to=("a@example.com",), bcc=("b@example.com",))

    assert jobs.record([accepted(started(jobs))]) == (0, 0)

    sent: Message = reread(engine, queued)
    assert (sent.status, sent.status_reason, sent.external_message_id) == ("sent", None, "0100")
    assert (sent.send_state, sent.lease_token, sent.lease_until) == ("done", None, None)
    assert sent.updated_at > queued.updated_at
    assert [one.status for one in recipients_of(engine, queued)] == ["sent", "sent"]


def test_accepted_is_told_once_to_each_endpoint_that_asked(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    queued = message(engine, acme, to=("a@example.com",), bcc=("b@example.com",))
    hook = webhook(engine, acme, "https://example.com/hook", "message.sent")
    webhook(engine, acme, "https://example.com/others", "message.rejected")
    webhook(engine, tenant(engine), "https://example.com/strangers", "message.sent")

    assert jobs.record([accepted(started(jobs))]) == (1, 0)

    (told,) = events_of(engine, acme)
    assert (told.type, told.message_id, told.inbox_id) == (
        "message.sent",
        queued.id,
        acme.inbox.id,
    )
    assert told.payload["id"] == ids.encode(ids.MESSAGE, queued.id)
    assert told.payload["externalMessageId"] == "0100"
    assert told.payload["status"] == "sent"
    assert told.payload["bcc"] == ["b@example.com"]
    assert {one["status"] for one in told.payload["recipients"]} == {"sent"}
    assert told.payload.keys().isdisjoint({"text", "html"})
    (due,) = deliveries_of(engine, acme)
    assert (due.event_id, due.webhook_id, due.state) == (told.id, hook.id, "pending")


def test_an_endpoint_for_some_inboxes_hears_of_those_alone(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    message(engine, acme)
    mine = webhook(engine, acme, "https://example.com/a", inbox_ids=[acme.inbox.id, ids.new()])
    webhook(engine, acme, "https://example.com/b", inbox_ids=[ids.new()])

    jobs.record([accepted(started(jobs))])

    assert [one.webhook_id for one in deliveries_of(engine, acme)] == [mine.id]


def test_rejected_carries_the_words_and_is_told(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    queued = message(engine, acme)
    webhook(engine, acme, "https://example.com/hook", "message.rejected")

    assert jobs.record([rejected(started(jobs))]) == (1, 0)

    left: Message = reread(engine, queued)
    assert (left.status, left.status_reason, left.send_state) == ("rejected", REASON, "done")
    assert [one.reason for one in recipients_of(engine, queued)] == [REASON]
    (told,) = events_of(engine, acme)
    assert (told.type, told.payload["statusReason"]) == ("message.rejected", REASON)
    assert "externalMessageId" not in told.payload


def test_later_waits_and_tells_nobody(engine: sa.Engine, jobs: Jobs, acme: Tenant) -> None:
    queued = message(engine, acme)
    webhook(engine, acme, "https://example.com/hook", "message.sent", "message.rejected")
    claimed, pause = started(jobs), timedelta(minutes=5)

    before = clock.now()
    assert jobs.record([Result(claimed, None, "queued", pause)]) == (0, 0)
    after = clock.now() + timedelta(milliseconds=1)

    left: Message = reread(engine, queued)
    assert (left.status, left.send_state, left.attempts) == ("queued", "queued", 1)
    assert left.lease_token is None
    assert left.due_at is not None
    assert before + pause <= left.due_at <= after + pause
    assert jobs.claim(1) == []
    assert events_of(engine, acme) == []


def test_unknown_keeps_its_reason_and_is_not_sent_again(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    queued = message(engine, acme)

    jobs.record([unknown(started(jobs))])

    left: Message = reread(engine, queued)
    assert (left.status, left.status_reason, left.send_state) == ("queued", REASON, "unknown")
    assert jobs.claim(1) == []
    assert events_of(engine, acme) == []


def test_what_another_worker_holds_is_not_written(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    queued = message(engine, acme)
    claimed = started(jobs)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE message SET lease_token = gen_random_uuid()"))
    before = reread(engine, queued)

    assert jobs.record([accepted(claimed)]) == (0, 1)

    assert before == reread(engine, queued)
    assert [one.status for one in recipients_of(engine, queued)] == ["queued"]
    assert events_of(engine, acme) == []


def test_what_is_late_keeps_nothing_else_back(engine: sa.Engine, jobs: Jobs, acme: Tenant) -> None:
    for _ in range(2):
        message(engine, acme)
    late, ours = jobs.claim(2)
    jobs.start([late, ours])
    stale = Claimed(late.row, ids.new())

    assert jobs.record([accepted(stale, "0100"), accepted(ours, "0101")]) == (0, 1)

    assert [one.payload["externalMessageId"] for one in events_of(engine, acme)] == ["0101"]
