"""`python -m services.sender` as it runs, between real servers and the double of AWS."""

import base64
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from common import ids
from tests.integration.builders import (
    attachment,
    events_of,
    message,
    reread,
    tenant,
    webhook,
)
from tests.integration.sender.conftest import Ses, StartSender, wait_until


def test_a_message_goes_to_ses_and_is_recorded(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    webhook(engine, acme, "https://example.com/hook")
    queued = message(
        engine,
        acme,
        to=("to@example.com",),
        cc=("cc@example.com",),
        bcc=("hidden@example.com",),
        subject="Grüße",
    )
    attachment(engine, queued, ("Übersicht.bin", "application/octet-stream", bytes(range(256))))

    with sender() as running:
        sent = wait_until(engine, queued, status="sent", send_state="done")

        running.counts("postroom_messages_sent_total 1.0")
        (line,) = running.said("send.accepted")

    (accepted,) = ses.sent(queued)
    assert sent.external_message_id == accepted["messageId"] == line["external_id"]
    assert accepted["source"] == acme.inbox.email
    assert accepted["configurationSet"] == "postroom"
    assert sorted(accepted["destinations"]) == [
        "cc@example.com",
        "hidden@example.com",
        "to@example.com",
    ]
    message_id = ids.encode(ids.MESSAGE, queued.id)
    assert accepted["tags"]["postroom_message"] == line["message_id"] == message_id
    assert accepted["tags"]["postroom_attempt"] == "1"
    mime = base64.b64decode(accepted["raw"])
    assert b"hidden" not in mime
    mail = message_from_bytes(mime, policy=policy.default)
    assert (mail["Subject"], mail["To"], mail["Cc"]) == (
        "Grüße",
        "to@example.com",
        "cc@example.com",
    )
    (file,) = mail.iter_attachments()
    assert file.get_payload(decode=True) == bytes(range(256))
    assert [one.type for one in events_of(engine, acme)] == ["message.sent"]


def test_a_log_line_tells_no_address_and_no_words(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    queued = message(engine, tenant(engine), subject="Secretive", text="Secretive")
    ses.suffer(refused=1.0)

    with sender() as running:
        wait_until(engine, queued, status="rejected")
        said = running.log.read_text()

    assert "Secretive" not in said
    assert "@" not in said


def test_what_ses_refuses_is_rejected_in_its_words(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)
    ses.suffer(refused=1.0)

    with sender():
        rejected = wait_until(engine, queued, status="rejected", send_state="done")

    assert rejected.status_reason is not None
    assert rejected.status_reason["type"] == "MessageRejected"
    assert "Email was rejected, as a fault asked for." in rejected.status_reason["message"]
    assert [one.type for one in events_of(engine, acme)] == ["message.rejected"]
    assert ses.sent(queued) == []


def test_what_cannot_be_written_is_rejected_without_a_call(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    queued = message(engine, tenant(engine), text=None, html=None)
    unreadable = message(engine, tenant(engine), reply_to=["not an address"])

    with sender():
        first = wait_until(engine, queued, status="rejected")
        second = wait_until(engine, unreadable, status="rejected")

    assert first.status_reason is not None
    assert second.status_reason is not None
    assert first.status_reason["type"] == "ComposeError"
    assert second.status_reason["type"] == "AddressError"
    assert ses.sent(queued) == ses.sent(unreadable) == []


def test_what_somebody_has_to_mend_for_a_domain_keeps_its_message_queued(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    queued = message(engine, tenant(engine))
    ses.suffer(unverified=1.0)

    with sender():
        waiting = wait_until(engine, queued, attempts=1, send_state="queued", lease_token=None)

    assert (waiting.status, waiting.status_reason) == ("queued", None)
    assert waiting.due_at is not None
    assert waiting.due_at > queued.created_at
    assert ses.sent(queued) == []


@pytest.mark.parametrize(
    ("fault", "reason"), [("paused", "paused"), ("suspended", "suspended"), ("dailyQuota", "quota")]
)
def test_what_is_true_of_the_whole_account_stops_the_sender_and_loses_nothing(
    engine: sa.Engine, sender: StartSender, ses: Ses, fault: str, reason: str
) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)
    ses.suffer(**{fault: 1.0})

    with sender() as running:
        first = wait_until(engine, queued, attempts=1, send_state="queued", lease_token=None)
        behind = message(engine, acme)
        running.counts(f'postroom_sending_paused{{reason="{reason}"}} 1.0')
        assert running.stop() == 0

    assert first.due_at == queued.due_at  # it keeps its place
    assert (first.status, first.claims) == ("queued", 0)
    left = reread(engine, behind)
    assert (left.attempts, left.lease_token) == (0, None)
    assert ses.sent(queued) == ses.sent(behind) == []


def test_a_throttled_message_is_sent_once_when_ses_lets_it(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    queued = message(engine, tenant(engine))
    ses.suffer(throttled=1.0)

    with sender():
        wait_until(engine, queued, attempts=1, send_state="queued")
        ses.suffer()
        sent = wait_until(engine, queued, status="sent")

    (accepted,) = ses.sent(queued)
    assert accepted["tags"]["postroom_attempt"] == str(sent.attempts)
    assert sent.attempts > 1


def test_an_answer_that_never_comes_is_unknown_and_not_sent_again(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    with sender(ses_read_timeout_seconds=0.5) as running:
        for fault, accepted in (("hung", 1), ("reset", 1), ("accepted500", 1), ("error500", 0)):
            ses.suffer(**{fault: 1.0})
            queued = message(engine, tenant(engine))

            left = wait_until(engine, queued, send_state="unknown")

            assert left.status == "queued"
            assert left.status_reason is not None
            assert "an event of SES will tell" in left.status_reason["message"]
            assert len(ses.sent(queued)) == accepted

        ses.suffer()
        after = message(engine, tenant(engine))
        wait_until(engine, after, status="sent")
        assert running.stop() == 0

    assert (reread(engine, queued).send_state, reread(engine, queued).attempts) == ("unknown", 1)
    assert ses.sent(queued) == []
