"""Trouble on request. One attempt a call, so each fault is seen as it is and sends at most once."""

import base64
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.integration.deploy.aws.conftest import Double
from tests.waiting import eventually


@pytest.mark.parametrize(
    ("fault", "exception", "status"),
    [
        ("throttled", "TooManyRequestsException", 429),
        ("refused", "MessageRejected", 400),
        ("paused", "SendingPausedException", 400),
        ("suspended", "AccountSuspendedException", 400),
        ("unverified", "MailFromDomainNotVerifiedException", 400),
        ("dailyQuota", "LimitExceededException", 400),
    ],
)
def test_a_refusing_fault_raises_its_exception_and_sends_nothing(
    aws: Double, fault: str, exception: str, status: int
) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", **{fault: 1})

    with pytest.raises(getattr(aws.ses.exceptions, exception)) as refused:
        aws.send("b@example.com")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused.value.response["Error"]["Message"]
    assert aws.get(f"/sent?since={last}") == []


@pytest.mark.parametrize(("fault", "sent"), [("error500", 0), ("accepted500", 1)])
def test_an_error_500_has_sent_once_or_not_at_all(aws: Double, fault: str, sent: int) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", **{fault: 1})

    with pytest.raises(ClientError) as failed:
        aws.send("b@example.com")

    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(aws.get(f"/sent?since={last}")) == sent


def test_a_reset_connection_has_sent_exactly_once(aws: Double) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", reset=1)

    with pytest.raises(ConnectionClosedError, match=r"Connection was closed|reset"):
        aws.send("b@example.com")

    assert len(aws.get(f"/sent?since={last}")) == 1
    assert [event["eventType"] for event in aws.events(4)][2:] == ["Send", "Delivery"]


def test_a_reset_is_one_of_tcp_and_no_polite_close(aws: Double) -> None:
    aws.post("/faults", reset=1)
    raw = base64.b64encode(b"From: a@example.com\r\nTo: b@example.com\r\n\r\n").decode()

    with pytest.raises(httpx.ReadError) as broken:
        aws.post("/v2/email/outbound-emails", Content={"Raw": {"Data": raw}})

    cause = broken.value.__context__
    while cause is not None and not isinstance(cause, ConnectionResetError):
        cause = cause.__context__
    assert cause is not None


def test_a_hung_call_has_sent_exactly_once(aws: Double) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", hung=1)
    impatient = aws.client("sesv2", read_timeout=0.3)

    with pytest.raises(ReadTimeoutError):
        aws.send("b@example.com", ses=impatient)

    impatient.close()
    assert [event["eventType"] for event in aws.events(4)][2:] == ["Send", "Delivery"]
    assert len(aws.get(f"/sent?since={last}")) == 1


def test_hung_calls_hold_up_nobody_else(aws: Double) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", hung=1)
    impatient = aws.client("sesv2", read_timeout=5)

    with ThreadPoolExecutor(8) as pool:
        hung = [pool.submit(aws.send, "b@example.com", ses=impatient) for _ in range(8)]
        eventually(lambda: len(aws.get(f"/sent?since={last}")) == 8, what="all eight hang")
        aws.post("/faults")
        aws.send("c@example.com")
        still_hung = [call.running() for call in hung]
        own_errors = [call.exception() for call in hung]

    impatient.close()
    assert all(still_hung)
    assert all(isinstance(error, ReadTimeoutError) for error in own_errors)


def test_a_caller_that_leaves_during_the_latency_has_sent_all_the_same(aws: Double) -> None:
    last = aws.send("last@example.com")
    aws.post("/faults", latencyMs=600)
    impatient = aws.client("sesv2", read_timeout=0.2)

    with pytest.raises(ReadTimeoutError):
        aws.send("b@example.com", ses=impatient)

    impatient.close()
    assert len(aws.events(4)) == 4
    assert len(aws.get(f"/sent?since={last}")) == 1


def test_faults_are_replaced_as_a_whole_and_an_empty_object_heals(aws: Double) -> None:
    aws.post("/faults", hung=0.5, latencyMs=10)
    aws.post("/faults", reset=0.5)
    assert {name: value for name, value in aws.get("/faults").items() if value} == {"reset": 0.5}

    aws.post("/faults")

    assert not any(aws.get("/faults").values())


@pytest.mark.parametrize("faults", [{"hang": 1}, {"hung": 1.5}, {"hung": 0.6, "reset": 0.6}])
def test_a_fault_that_is_none_is_refused_with_a_sentence(
    aws: Double, faults: dict[str, float]
) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        aws.post("/faults", **faults)

    assert refused.value.response.status_code == 400
    assert refused.value.response.json()["error"].endswith(".")
    assert not any(aws.get("/faults").values())


def test_every_post_is_remembered_with_its_tags_and_its_outcome(aws: Double) -> None:
    before = len(aws.get("/posts"))
    tags = [{"Name": "attempt", "Value": "1"}]
    aws.send("a@example.com", "b@example.com", EmailTags=tags)
    aws.post("/faults", throttled=1)

    with pytest.raises(ClientError):
        aws.send("c@example.com")

    accepted, refused = aws.get(f"/posts?since={before}")
    assert accepted.pop("at") <= refused.pop("at")
    assert accepted == {
        "number": before + 1,
        "tags": {"attempt": "1"},
        "recipients": 2,
        "outcome": "accepted",
    }
    assert (refused["recipients"], refused["outcome"]) == (1, "TooManyRequestsException")
    assert aws.get(f"/posts?since={before + 2}") == []
