"""Sqs: what boto3 would answer and raise, by the double of AWS and by servers that are no good."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from botocore import exceptions as boto

from common import aws
from common.settings import Settings
from common.sqs import Sqs, name_of
from deploy.local import ports
from deploy.local.ports import LOOPBACK

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ASKED = {"MaxNumberOfMessages": 1, "MessageSystemAttributeNames": ["SentTimestamp"]}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def there(settings: Settings, aws_url: str) -> Settings:
    return settings.model_copy(update={"aws_url": aws_url})


@pytest.fixture
def client(there: Settings) -> "Iterator[SQSClient]":
    client = aws.client(there, "sqs")
    yield client
    client.close()


@pytest.fixture
def sqs(there: Settings) -> Iterator[Sqs]:
    sqs = Sqs(there, read_timeout=5)
    yield sqs
    sqs.close()


@contextmanager
def at(settings: Settings, port: int, read_timeout: float = 5) -> Iterator[Sqs]:
    """One that calls this port of loopback."""
    sqs = Sqs(settings.model_copy(update={"aws_url": f"http://127.0.0.1:{port}"}), read_timeout)
    yield sqs
    sqs.close()


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that gives this answer to one request, and hangs up; its port."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server((LOOPBACK, 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_letter_is_received_and_deleted_as_by_boto3(sqs: Sqs, client: "SQSClient") -> None:
    url = client.create_queue(QueueName="letters")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody='Grüße, "Jo"')

    [ours] = sqs.call("ReceiveMessage", {"QueueUrl": url, **ASKED})["Messages"]
    client.change_message_visibility(
        QueueUrl=url, ReceiptHandle=ours["ReceiptHandle"], VisibilityTimeout=0
    )
    [theirs] = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=1, MessageSystemAttributeNames=["SentTimestamp"]
    )["Messages"]
    entries = [
        {"Id": "0", "ReceiptHandle": theirs["ReceiptHandle"]},
        {"Id": "1", "ReceiptHandle": ""},
    ]
    done = sqs.call("DeleteMessageBatch", {"QueueUrl": url, "Entries": entries})

    apart = {"ReceiptHandle": "another at each receive"}
    assert ours | apart == dict(theirs) | apart
    assert [one["Id"] for one in done["Successful"]] == ["0"]
    assert [one["Id"] for one in done["Failed"]] == ["1"]


def test_a_refusal_has_the_code_that_boto3_gives_it(
    sqs: Sqs, client: "SQSClient", aws_url: str
) -> None:
    gone = f"{aws_url}/123456789012/gone"

    with pytest.raises(boto.ClientError) as ours:
        sqs.call("ReceiveMessage", {"QueueUrl": gone})
    with pytest.raises(boto.ClientError) as theirs:
        client.receive_message(QueueUrl=gone)

    told = theirs.value.response["Error"]
    assert name_of(ours.value) == told["Code"]
    assert ours.value.response["Error"]["Message"] == told["Message"]


def test_who_is_not_there_or_says_nothing_is_told_apart(settings: Settings) -> None:
    [port] = ports.free(1)

    with at(settings, port) as sqs, pytest.raises(boto.EndpointConnectionError):
        sqs.call("ReceiveMessage", {})
    with (
        socket.create_server((LOOPBACK, port)),
        at(settings, port, read_timeout=0.2) as sqs,
        pytest.raises(boto.ReadTimeoutError),
    ):
        sqs.call("ReceiveMessage", {})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", boto.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", boto.ConnectionClosedError),
        (b"HTTP/1.1 503 Slow Down\r\ncontent-length: 6\r\n\r\n<html>", boto.ClientError),
        (b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", boto.ClientError),
    ],
)
def test_an_answer_that_is_none_is_botocores_error_and_not_asked_for_again(
    settings: Settings, answer: bytes, error: type[Exception]
) -> None:
    with answering(answer) as port, at(settings, port) as sqs, pytest.raises(error):
        sqs.call("ReceiveMessage", {})


def test_half_a_surrogate_pair_in_one_letter_does_not_hold_up_the_others(
    settings: Settings,
) -> None:
    body = rb'{"Messages": [{"Body": "\ud83d"}, {"Body": "fine"}]}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    with answering(answer) as port, at(settings, port) as sqs:
        told = sqs.call("ReceiveMessage", {})

    assert [one["Body"] for one in told["Messages"]] == ["\ud83d", "fine"]


def test_without_keys_nothing_is_called(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    [port] = ports.free(1)

    with at(settings, port) as sqs, pytest.raises(boto.NoCredentialsError):
        sqs.call("ReceiveMessage", {})


def test_it_goes_by_the_proxy_of_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = settings.model_copy(update={"aws_url": "http://sqs.example"})
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as port:
        monkeypatch.setenv("http_proxy", f"http://{LOOPBACK}:{port}")
        by_proxy = Sqs(far, read_timeout=5)
        assert by_proxy.call("ReceiveMessage", {}) == {}
    with pytest.raises(boto.ProxyConnectionError):
        by_proxy.call("ReceiveMessage", {})
    by_proxy.close()


def test_one_call_that_fails_takes_no_other_with_it(sqs: Sqs, client: "SQSClient") -> None:
    url = client.create_queue(QueueName="several")["QueueUrl"]

    [fine, failed] = sqs.calls("ReceiveMessage", [{"QueueUrl": url}, {"QueueUrl": f"{url}-gone"}])

    assert isinstance(fine, dict)
    assert isinstance(failed, boto.ClientError)
