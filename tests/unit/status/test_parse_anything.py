"""parse: whatever lies in the queue, it never raises, and Postgres takes what it gives."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.status.parse import SesEvent, parse
from tests import ses


def parsed(body: str) -> SesEvent:
    event = parse(body)
    assert isinstance(event, SesEvent), event
    return event


def bounce_with(**members: Any) -> str:
    """The recorded bounce with members of `bounce`, or of the whole by `whole`, replaced."""
    told = json.loads(ses.recorded("bounce_permanent"))
    told |= members.pop("whole", {})
    told["bounce"] |= members
    return json.dumps(told)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_postgres_takes_every_text_of_an_event() -> None:
    dirty = "smtp; 550 \0 half a pair \ud800"
    recipient = {"emailAddress": "jo@example.com", "diagnosticCode": dirty}

    event = parsed(bounce_with(bouncedRecipients=[recipient], bounceType="Perma\0nent"))

    assert "\0" not in event.raw
    assert event.reason["type"] == "Perma\ufffdnent"
    assert event.reason["diagnostic"] == "smtp; 550 \ufffd half a pair ?"


def test_a_diagnostic_of_many_servers_tells_each_once_and_not_without_end() -> None:
    said = ["550 one", "550 one", "550 two", "x" * 5000]
    recipients = [{"emailAddress": f"r{n}@example.com", "diagnosticCode": s}
                  for n, s in enumerate(said)]  # fmt: skip

    diagnostic = parsed(bounce_with(bouncedRecipients=recipients)).reason["diagnostic"]

    assert diagnostic.startswith("550 one; 550 two; xxx")
    assert len(diagnostic) == 1000


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-22T10:15:02.669123456Z",
        "2026-11-22T11:15:02.669+01:00",
        "2026-11-22T10:15:02.669",
    ],
)
def test_every_spelling_of_a_moment_is_the_same_moment(timestamp: str) -> None:
    assert parsed(bounce_with(timestamp=timestamp)).at == at("2026-11-22T10:15:02.669")


@pytest.mark.parametrize("timestamp", ["soon", 17, None, "0001-01-01T00:00:00+23:59"])
def test_a_detail_without_a_moment_has_the_one_of_its_mail(timestamp: object) -> None:
    assert parsed(bounce_with(timestamp=timestamp)).at == at("2026-11-22T10:15:00.120")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON, half surrogate pairs, NaN and Infinity included."""


def keys_and_words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else ():
        yield from keys_and_words(item)
    yield from value if isinstance(value, dict) else ()


RECORDED = [json.loads(path.read_text()) for path in sorted(ses.FOLDER.glob("*.json"))]
words = st.sampled_from(sorted({word for told in RECORDED for word in keys_and_words(told)}))
far_off = st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
almost_events = st.recursive(
    words | far_off | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6),
    max_leaves=24,
)


def check(body: str) -> None:
    event = parse(body)

    assert event.dedup_key == parse(body).dedup_key
    assert event.kind
    event.raw.encode()
    assert "\0" not in event.raw
    if isinstance(event, SesEvent):
        assert event.at.tzinfo == UTC
        assert isinstance(event.message_id, UUID | None)
        json.dumps(event.reason, ensure_ascii=False).encode()


@given(st.text(st.characters()))
def test_no_text_makes_it_raise(body: str) -> None:
    check(body)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    check(json.dumps(value))


@given(almost_events)
def test_no_json_with_the_words_of_events_makes_it_raise(value: object) -> None:
    check(json.dumps(value))


@given(st.sampled_from(RECORDED), st.data())
def test_no_recorded_event_with_one_member_replaced_makes_it_raise(
    event: Any, data: st.DataObject
) -> None:
    told = place = deepcopy(event)
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(anything)

    check(json.dumps(told))
