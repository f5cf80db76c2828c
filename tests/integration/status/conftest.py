"""Queues on the AWS double, one for each test, and feeds that read them."""

import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import Engine

from common import aws
from common.letterbox import Letterbox
from common.settings import Settings
from common.sqs import Sqs
from services.status.feed import Feed
from services.status.parse import Parsed, parse
from tests.tenants import Tenant, tenant

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, and its dead letters after two receives. What fails is shown again at once."""

    sqs: "SQSClient"
    url: str
    dead_url: str

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def put_at_once(self, bodies: Iterable[str]) -> None:
        """Ten, at most."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(at), "MessageBody": body} for at, body in enumerate(bodies)
        ]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def depth(self) -> tuple[int, int]:
        """Letters that can be received, and that are in somebody's hand."""
        return _depth(self.sqs, self.url)

    def hide_for(self, seconds: int) -> None:
        """The visibility timeout."""
        self.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"VisibilityTimeout": str(seconds)}
        )

    def receive(self) -> str:
        """As another worker, which holds the letter until the visibility timeout; its handle."""
        [message] = self.sqs.receive_message(QueueUrl=self.url)["Messages"]
        return message["ReceiptHandle"]

    def show(self, handle: str) -> None:
        """As if the visibility timeout of that worker were over."""
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0
        )

    def show_after(self, receives: int) -> None:
        """The one letter in it, as if it had been received so often."""
        for _ in range(receives):
            self.show(self.receive())

    def dead(self) -> int:
        return sum(_depth(self.sqs, self.dead_url))


def _depth(sqs: "SQSClient", url: str) -> tuple[int, int]:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    visible = int(told["ApproximateNumberOfMessages"])
    return visible, int(told["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture
def settings(settings: Settings, aws_url: str) -> Settings:
    return settings.model_copy(update={"aws_url": aws_url})


@pytest.fixture
def queue(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    sqs = aws.client(settings, "sqs", connections=20)
    name = f"feedback-{secrets.token_hex(6)}"
    dead_url = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 2}
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})
    yield Queue(sqs, url["QueueUrl"], dead_url)
    sqs.close()


@pytest.fixture
def endless(queue: Queue) -> Queue:
    """A queue that puts nothing aside."""
    return Queue(queue.sqs, queue.dead_url, queue.dead_url)


class RunFeed(Protocol):
    def __call__(self) -> AbstractContextManager[list[str]]: ...


@pytest.fixture
def sqs(settings: Settings) -> Iterator[Sqs]:
    sqs = Sqs(settings, read_timeout=5)
    yield sqs
    sqs.close()


@pytest.fixture
def letterbox(queue: Queue, sqs: Sqs) -> Letterbox[Parsed]:
    return Letterbox(sqs, queue.url, parse, poll_seconds=1)


@pytest.fixture
def running(engine: Engine, letterbox: Letterbox[Parsed]) -> RunFeed:
    """A feed in a thread, which has come to its end on leaving; its rings."""

    @contextmanager
    def run() -> Iterator[list[str]]:
        rings: list[str] = []
        stopping = threading.Event()
        feed = Feed(letterbox, engine, lambda: rings.append("webhooks"))
        thread = threading.Thread(target=feed.run, args=(stopping,))
        thread.start()
        try:
            yield rings
        finally:
            stopping.set()
            thread.join()

    return run


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)
