"""parse: copies of one event have one dedup_key, in whatever envelope; two events have two."""

import json

from services.status.parse import SesEvent, parse
from tests import ses

EXTERNAL_ID = ses.external_id()


def parsed(body: str) -> SesEvent:
    event = parse(body)
    assert isinstance(event, SesEvent), event
    return event


def test_a_copy_without_our_tag_is_another_event() -> None:
    """It may come first, find no message, and must not make the tagged one a duplicate."""
    published = parsed(ses.recorded("bounce_permanent"))
    notified = parsed(ses.recorded("identity_bounce"))

    assert notified.message_id is None
    assert notified.external_message_id == published.external_message_id
    assert notified.dedup_key != published.dedup_key


def test_repeats_of_sns_have_the_same_dedup_key() -> None:
    body = ses.recorded("delivery")

    first, again = parsed(ses.from_sns(body)), parsed(ses.from_sns(body))

    assert first.raw != again.raw
    assert first.dedup_key == again.dedup_key


def test_different_events_have_different_dedup_keys() -> None:
    names = [path.stem for path in ses.FOLDER.glob("*.json")]
    copies = {"sns_notification", "eventbridge_bounce", "identity_bounce"}
    # The recorded bounces, and the complaints, are of one feedbackId each.
    same_feedback = {name for name in names if name.startswith(("bounce_", "complaint_"))}
    keys = [parse(ses.recorded(name)).dedup_key for name in set(names) - copies - same_feedback]

    assert len(keys) == len(set(keys))


def test_a_second_delivery_of_the_same_mail_is_another_event() -> None:
    one = ses.event("delivery", EXTERNAL_ID, recipients=("jo@example.com",))
    other = ses.event("delivery", EXTERNAL_ID, recipients=("kim@example.com",))

    assert parsed(one).dedup_key != parsed(other).dedup_key


def test_recipients_in_another_order_are_the_same_event() -> None:
    one = ses.event("delivery", EXTERNAL_ID, recipients=("jo@example.com", "kim@example.com"))
    other = ses.event("delivery", EXTERNAL_ID, recipients=("Kim@example.com", "jo@example.com"))

    assert parsed(one).dedup_key == parsed(other).dedup_key


def test_unreadable_bodies_are_told_apart_by_their_bytes() -> None:
    assert parse("hello").dedup_key == parse("hello").dedup_key
    assert parse("hello").dedup_key != parse("hello ").dedup_key
    assert parse("\0").dedup_key != parse("\ud800").dedup_key


def test_feedback_is_known_by_its_id_before_its_moment() -> None:
    """A complaint may be told twice, by the identity and by the configuration set."""
    first = json.loads(ses.recorded("complaint"))
    same, other = json.loads(ses.recorded("complaint")), json.loads(ses.recorded("complaint"))
    same["complaint"]["timestamp"] = "2026-11-22T11:20:31.001Z"
    other["complaint"]["feedbackId"] = "another"

    keys = [parsed(json.dumps(told)).dedup_key for told in (first, same, other)]

    assert keys[0] == keys[1] != keys[2]
