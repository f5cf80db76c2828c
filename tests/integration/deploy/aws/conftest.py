"""The AWS double as a process of its own, and boto3 clients that know nothing of it but its URL."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from mypy_boto3_s3 import S3Client
from mypy_boto3_sesv2 import SESV2Client
from mypy_boto3_sqs import SQSClient

from tests.service import Process, aws_process

RAW = b"From: Ada <ada@example.com>\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\nHi"


@dataclass
class Double:
    url: str
    process: Process
    log: Path

    @property
    def queue_url(self) -> str:
        return f"{self.url}/123456789012/postroom-feedback"

    @property
    def inbound_url(self) -> str:
        return f"{self.url}/123456789012/postroom-inbound"

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=10)

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def client(self, service: Any, read_timeout: float = 30) -> Any:
        """One attempt a call: what goes wrong is seen as it is, and nothing is sent twice."""
        once: Any = {"total_max_attempts": 1}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries=once, connect_timeout=3, read_timeout=read_timeout),
        )

    @cached_property
    def ses(self) -> SESV2Client:
        client: SESV2Client = self.client("sesv2")
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        client: SQSClient = self.client("sqs")
        return client

    @cached_property
    def s3(self) -> S3Client:
        client: S3Client = self.client("s3")
        return client

    def send(self, *recipients: str, ses: SESV2Client | None = None, **members: Any) -> str:
        """One mail with the configuration set and without faults of its own; its SES id."""
        request: dict[str, Any] = {
            "Destination": {"ToAddresses": list(recipients)} if recipients else {},
            "Content": {"Raw": {"Data": RAW}},
            "ConfigurationSetName": "postroom",
            **members,
        }
        return (ses or self.ses).send_email(**request)["MessageId"]

    def inbound(self, mail: bytes, *recipients: str, **query: Any) -> httpx.Response:
        """A mail comes in."""
        asked = {"to": recipients, **query}
        return self.http.post("/inbound", params=asked, content=mail)

    def received(self, count: int) -> list[dict[str, Any]]:
        """That many notifications of received mail, taken out of SNS's."""
        found = self.notifications(count, self.inbound_url)
        return [json.loads(outer["Message"]) for outer in found]

    def stored(self, key: str) -> bytes:
        """A received mail, out of the bucket."""
        with self.s3.get_object(Bucket="postroom-inbound", Key=key)["Body"] as stream:
            return stream.read()

    def notifications(self, count: int, queue_url: str | None = None) -> list[dict[str, Any]]:
        """That many SNS notifications from the queue, of feedback or another, deleted from it."""
        queue_url = queue_url or self.queue_url
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 20
        while len(found) < count and time.monotonic() < deadline:
            answer = self.sqs.receive_message(
                QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=5
            )
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def events(self, count: int) -> list[dict[str, Any]]:
        """That many SES events, taken out of their notifications."""
        return [json.loads(outer["Message"]) for outer in self.notifications(count)]

    def waiting(self, queue_url: str | None = None) -> int:
        """How many notifications are in the queue, of feedback or another, seen or not."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(
            QueueUrl=queue_url or self.queue_url, AttributeNames=names
        )
        return sum(int(value) for value in answer["Attributes"].values())

    def close(self) -> None:
        for name in {"http", "ses", "sqs", "s3"} & self.__dict__.keys():
            self.__dict__[name].close()


@contextmanager
def running(*options: str) -> Iterator[Double]:
    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with aws_process(log, *options) as (url, process):
            double = Double(url, process, log)
            assert double.get("/health") == {"status": "ready"}
            yield double
            double.close()


@pytest.fixture(scope="session")
def process() -> Iterator[Double]:
    with running() as double:
        yield double


@pytest.fixture
def aws(process: Double) -> Double:
    """The double, healthy and with empty queues; what was sent before stays in its journal."""
    process.post("/faults")
    process.post("/account")
    process.post("/loopback")
    process.sqs.purge_queue(QueueUrl=process.queue_url)
    process.sqs.purge_queue(QueueUrl=process.inbound_url)
    return process


@pytest.fixture
def own_aws() -> Iterator[Double]:
    """A double of the test's own, that it may stop."""
    with running() as double:
        yield double
