"""Mail on its way in: tenants, an AWS double, parsers that live as long as the module."""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from common import aws
from common.settings import Settings
from common.sqs import Sqs
from services.inbound.parsing.children import Children
from tests.integration.builders import Tenant, tenant
from tests.integration.inbound.post import Post

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return tenant(engine)


@pytest.fixture
def globex(engine: Engine) -> Tenant:
    """Somebody else."""
    return tenant(engine)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def s3(settings: Settings, aws_url: str) -> "Iterator[S3Client]":
    client = aws.client(settings.model_copy(update={"aws_url": aws_url}), "s3")
    yield client
    client.close()


@pytest.fixture
def post(settings: Settings, aws_url: str) -> Iterator[Post]:
    """A queue of this test's own, as the double has only one that it writes to itself."""
    here = settings.model_copy(update={"aws_url": aws_url})
    sqs, caller = aws.client(here, "sqs"), Sqs(here, read_timeout=5)
    name = f"inbound-{secrets.token_hex(6)}"
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    yield Post(aws_url, sqs, url, caller)
    caller.close()
    sqs.delete_queue(QueueUrl=url)
    sqs.close()


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(1, 10) as running:
        yield running
