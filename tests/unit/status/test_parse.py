"""parse: every shape in which SES's events lie in the queue, and everything else that may."""

import json
from datetime import UTC, datetime

import pytest

from common import ids
from services.status.parse import NoEvent, SesEvent, parse
from tests import ses

EXTERNAL_ID = "0100019aab3c7f10-5d0c3a52-7d1e-4c2b-9d0f-2f6f0a3b1c11-000000"
MESSAGE_ID = ids.decode(ids.MESSAGE, "msg_01kakw8p3qf2v8m6xw0s9t4r5e")
JO = ("jo@example.com",)
JO_OR_KIM = ("jo@example.com", "kim@example.com")
NO_SERVER = "smtp; 421 4.4.1 Unable to connect to remote host"
NOT_FILLED_IN = "Attribute 'attributeName' is not present in the rendering data."


def parsed(body: str) -> SesEvent:
    event = parse(body)
    assert isinstance(event, SesEvent), event
    return event


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind", "recipients", "moment"),
    [
        ("send", "send", (), "2026-11-22T10:15:00.120"),
        ("delivery", "delivery", JO, "2026-11-22T10:15:01.334"),
        ("bounce_permanent", "bounce", JO, "2026-11-22T10:15:02.669"),
        ("complaint", "complaint", JO, "2026-11-22T11:20:31"),
        ("complaint_redacted", "complaint", JO_OR_KIM, "2026-11-22T11:20:31"),
        ("reject", "reject", (), "2026-11-22T10:15:00.120"),
        ("delivery_delay", "delivery_delay", JO, "2026-11-22T10:45:00.511"),
        ("rendering_failure", "rendering_failure", (), "2026-11-22T10:15:00.120"),
        ("open", "open", (), "2026-11-22T12:00:19.652"),
        ("click", "click", (), "2026-11-22T12:01:25.004"),
        ("subscription", "subscription", (), "2026-11-22T12:05:17.910"),
    ],
)
def test_each_kind_of_event_is_read(
    name: str, kind: str, recipients: tuple[str, ...], moment: str
) -> None:
    event = parsed(ses.recorded(name))

    assert (kind, recipients, at(moment)) == (event.kind, event.recipients, event.at)
    assert (event.external_message_id, event.message_id) == (EXTERNAL_ID, MESSAGE_ID)
    assert event.raw == ses.recorded(name)


@pytest.mark.parametrize(
    ("name", "type_", "sub_type", "diagnostic"),
    [
        ("send", None, None, None),
        ("delivery", None, None, None),
        ("bounce_permanent", "Permanent", "General", "smtp; 550 5.1.1 user unknown"),
        ("bounce_no_email", "Permanent", "NoEmail", None),
        ("bounce_mailbox_full", "Transient", "MailboxFull", "smtp; 452 4.2.2 mailbox full"),
        ("complaint", "abuse", None, None),
        ("complaint_suppressed", None, "OnAccountSuppressionList", None),
        ("reject", None, None, "Bad content"),
        ("delivery_delay", "TransientCommunicationFailure", None, NO_SERVER),
        ("rendering_failure", None, None, NOT_FILLED_IN),
        ("click", None, None, None),
    ],
)
def test_why_is_kept_as_ses_says_it(
    name: str, type_: str | None, sub_type: str | None, diagnostic: str | None
) -> None:
    said = {"type": type_, "subType": sub_type, "diagnostic": diagnostic}

    assert parsed(ses.recorded(name)).reason == {k: v for k, v in said.items() if v}


@pytest.mark.parametrize("name", ["sns_notification", "eventbridge_bounce"])
def test_an_envelope_changes_nothing_but_the_raw_text(name: str) -> None:
    bare = parsed(ses.recorded("bounce_permanent"))
    wrapped = parsed(ses.recorded(name))

    assert wrapped.raw == ses.recorded(name)
    assert (bare.kind, bare.at, bare.reason, bare.dedup_key, bare.message_id) == (
        wrapped.kind,
        wrapped.at,
        wrapped.reason,
        wrapped.dedup_key,
        wrapped.message_id,
    )


def test_an_event_of_eventbridge_inside_sns_is_read() -> None:
    body = ses.from_sns(ses.from_eventbridge(ses.recorded("delivery")))

    assert parsed(body).dedup_key == parsed(ses.recorded("delivery")).dedup_key


def test_an_event_that_ses_has_invented_since_is_data() -> None:
    mail = json.loads(ses.recorded("send"))["mail"]
    body = json.dumps({"eventType": "InboxPlacement", "inboxPlacement": {"x": 1}, "mail": mail})

    event = parsed(body)

    assert event.kind == "inbox_placement"
    assert event.external_message_id == EXTERNAL_ID


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sns_topic_validated", "SES has tried the topic"),
        ("sns_subscription_confirmation", "a confirmation of SNS"),
        ("topic_subscribed", "SES has subscribed the topic to an identity"),
    ],
)
def test_notices_of_aws_are_known_as_such(name: str, reason: str) -> None:
    notice = parse(ses.recorded(name))

    assert isinstance(notice, NoEvent)
    assert (notice.kind, notice.reason) == ("notice", reason)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        '{"Type": "Notification"}',
        '{"Type": ["Notification"], "Message": "x"}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"source": "aws.ses", "detail": "hello"}',
        '{"eventType": "Bounce"}',
        '{"eventType": "!!!", "mail": {"messageId": "1", "timestamp": "2026-11-22T10:15:00Z"}}',
        '{"eventType": "Send", "mail": {"messageId": "1", "timestamp": "yesterday"}}',
        '{"eventType": "Send", "mail": {"messageId": "", "timestamp": "2026-11-22T10:15:00Z"}}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_is_no_event_is_kept_with_a_reason(body: str) -> None:
    unreadable = parse(body)

    assert isinstance(unreadable, NoEvent)
    assert unreadable.kind == "unreadable"
    assert unreadable.reason
    assert unreadable.raw == body


def test_an_endless_envelope_is_unreadable() -> None:
    body = ses.recorded("delivery")
    for _ in range(4):
        body = ses.from_sns(body)

    assert isinstance(parse(body), NoEvent)


def test_an_id_that_no_index_takes_is_unreadable() -> None:
    mail = {"messageId": "x" * 3000, "timestamp": "2026-11-22T10:15:00Z"}

    assert isinstance(parse(json.dumps({"eventType": "Send", "mail": mail})), NoEvent)


@pytest.mark.parametrize(
    "tag",
    ["msg_", "inbox_01kakw8p3qf2v8m6xw0s9t4r5e", ["msg_zzzzzzzzzzzzzzzzzzzzzzzzzz"], [], None, 7],
)
def test_a_tag_that_is_no_id_of_ours_is_no_tag(tag: object) -> None:
    told = json.loads(ses.recorded("delivery"))
    told["mail"]["tags"]["postroom_message"] = tag

    assert parsed(json.dumps(told)).message_id is None
