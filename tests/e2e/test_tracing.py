"""One trace from the POST to the webhook, over the real processes and a collector."""

import secrets
from collections import Counter
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from tests.collector import Collector, Span
from tests.e2e.customer import SUCCESS, Customer, Json, customer
from tests.e2e.endpoint import Call, Endpoint
from tests.e2e.local import Local
from tests.e2e.processes import log_lines
from tests.waiting import eventually

EVENTS = ["message.sent", "message.delivered", "message.received"]


@pytest.fixture(scope="module")
def collector(all_exports: Collector) -> Collector:
    """Without what other tests have done."""
    all_exports.exports.clear()
    return all_exports


@pytest.fixture(scope="module")
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture(scope="module")
def endpoint(acme: Customer) -> Iterator[Endpoint]:
    with acme.told(events=EVENTS) as endpoint:
        yield endpoint


def calls_about(endpoint: Endpoint, message: Json, count: int) -> list[Call]:
    def look() -> list[Call]:
        told = [one for one in list(endpoint.calls) if one.event["messageId"] == message["id"]]
        return told if len(told) == count else []

    return eventually(look, 20, f"{count} webhooks")


def send(acme: Customer, *, flags: str, **mail: object) -> tuple[str, str, Json]:
    """As a caller does who has a trace: its ids, and the message."""
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    path = f"/v1/inboxes/{acme.inbox()['id']}/messages/send"
    answer = acme.client.post(
        path,
        json={"to": [SUCCESS], "subject": "Hello", "text": "Hello", **mail},
        headers={"traceparent": f"00-{trace_id}-{span_id}-{flags}"},
    )
    assert answer.status_code == 202
    return trace_id, span_id, answer.json()


THE_WAY = {
    ("postroom-api", "POST /v1/inboxes/{inboxId}/messages/send", "the caller's"): 1,
    ("postroom-api", "accept", "POST /v1/inboxes/{inboxId}/messages/send"): 1,
    ("postroom-sender", "send", "accept"): 1,
    ("postroom-sender", "SendEmail", "send"): 1,
    ("postroom-status", "feedback", "SendEmail"): 2,
    ("postroom-webhooks", "deliver", "accept"): 2,
}


def test_a_message_is_one_trace_from_its_callers_span_to_the_webhooks(
    local: Local, collector: Collector, acme: Customer, endpoint: Endpoint
) -> None:
    mark = secrets.token_hex(8)
    words = {"to": [f"success+{mark}@simulator.amazonses.com"], "subject": mark, "text": mark}
    trace_id, caller, message = send(acme, flags="01", **words)
    calls = calls_about(endpoint, message, 2)

    def edges() -> Counter[tuple[str, str, str]]:
        spans = collector.spans(trace_id)
        names = {one.span_id: one.name for one in spans} | {caller: "the caller's"}
        return Counter((one.service, one.name, names.get(one.parent, "?")) for one in spans)

    eventually(lambda: edges() == THE_WAY, what="every span, each below the one that it is part of")
    spans = collector.spans(trace_id)
    delivered = {one.span_id for one in spans if one.name == "deliver"}
    assert {call.headers["traceparent"] for call in calls} == {
        f"00-{trace_id}-{span_id}-01" for span_id in delivered
    }
    assert {one.attributes.get("postroom.message_id") for one in spans if is_known(one)} == {
        message["id"]
    }
    assert not [one for one in spans if one.failed or one.events]
    # Ids and words of ours alone.
    assert not [one for one in collector.exports if mark.encode() in one]
    assert_logs_tell_of(local, trace_id)


def is_known(span: Span) -> bool:
    return span.name not in {"accept", "SendEmail"}


def assert_logs_tell_of(local: Local, trace_id: str) -> None:
    for service, event in (
        ("api", "message.accepted"),
        ("sender", "send.accepted"),
        ("status", "feedback.taken"),
        ("webhooks", "delivery.attempted"),
    ):
        lines = [one for one in log_lines(local, service) if one.get("trace_id") == trace_id]
        assert event in {one["event"] for one in lines}


def test_what_a_caller_does_not_sample_goes_on_and_is_not_told(
    collector: Collector, acme: Customer, endpoint: Endpoint
) -> None:
    trace_id, _, message = send(acme, flags="00")
    calls = calls_about(endpoint, message, 2)
    later, _, seen = send(acme, flags="01")
    calls_about(endpoint, seen, 2)
    eventually(lambda: len(collector.spans(later)) == sum(THE_WAY.values()))

    continued = [call.headers["traceparent"].split("-") for call in calls]
    assert [(id_, flags) for _, id_, _, flags in continued] == [(trace_id, "00")] * 2
    assert collector.spans(trace_id) == []


def test_a_received_mail_is_a_trace_of_its_own(
    local: Local, collector: Collector, acme: Customer, endpoint: Endpoint
) -> None:
    inbox = acme.inbox()
    url, params = f"{local.aws_url}/inbound", {"to": inbox["email"], "from": "jane@example.com"}
    httpx.post(url, params=params, content=b"Subject: x\r\n\r\nx", trust_env=False)
    path = f"/v1/inboxes/{inbox['id']}/messages"
    [message] = eventually(partial(acme.call, "GET", path), 20, "it is received")
    [call] = calls_about(endpoint, message, 1)

    _, trace_id, span_id, _ = call.headers["traceparent"].split("-")
    spans = eventually(lambda: len(them := collector.spans(trace_id)) == 2 and them)
    assert isinstance(spans, list)
    [receive, deliver] = sorted(spans, key=lambda one: one.nanoseconds)
    assert (receive.service, receive.name, receive.parent) == ("postroom-inbound", "receive", "")
    assert (deliver.name, deliver.parent, deliver.span_id) == ("deliver", receive.span_id, span_id)


@pytest.mark.parametrize("wrong", [{"to": []}, {"to": ["nobody"]}])
def test_a_request_that_is_refused_is_no_fault(
    collector: Collector, acme: Customer, wrong: Json
) -> None:
    trace_id = secrets.token_hex(16)
    path = f"/v1/inboxes/{acme.inbox()['id']}/messages/send"
    headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    acme.client.post(path, json=wrong, headers=headers)

    [span] = eventually(partial(collector.spans, trace_id))
    assert span.attributes == {
        "http.response.status_code": "422",
        "postroom.outcome": "validation_failed",
    }
    assert not span.failed
