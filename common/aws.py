"""Clients of AWS: the one place that says how long we wait, and that nothing is tried again.

boto3 sends a call again by itself after a timeout, a reset or a 5xx; SES v2 has no idempotency
token, so that would be a second mail (facts.md, fact 2: only `total_max_attempts=1` stops it).
Who calls decides about trying again. Credentials come by boto3's own chain.
"""

from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from common.settings import Settings

if TYPE_CHECKING:  # the stubs are installed where types are checked, not where mail is sent
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

Service = Literal["sesv2", "sqs", "s3"]


@overload
def client(
    settings: Settings,
    service: Literal["sesv2"],
    *,
    connect_timeout: float = ...,
    read_timeout: float = ...,
    connections: int = ...,
) -> "SESV2Client": ...
@overload
def client(
    settings: Settings,
    service: Literal["sqs"],
    *,
    connect_timeout: float = ...,
    read_timeout: float = ...,
    connections: int = ...,
) -> "SQSClient": ...
@overload
def client(
    settings: Settings,
    service: Literal["s3"],
    *,
    connect_timeout: float = ...,
    read_timeout: float = ...,
    connections: int = ...,
) -> "S3Client": ...
def client(
    settings: Settings,
    service: Service,
    *,
    connect_timeout: float = 3.0,
    read_timeout: float = 20.0,
    connections: int = 10,
) -> Any:
    """A client that threads may share, with at most `connections` calls at one time. Timeouts in
    seconds. A session of its own: boto3's default one may not be made by two threads at once.
    """
    return boto3.session.Session().client(
        service,
        region_name=settings.aws_region,
        endpoint_url=settings.aws_url,
        config=Config(
            retries={"total_max_attempts": 1},
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            max_pool_connections=connections,
            tcp_keepalive=True,
            user_agent_extra="postroom",
        ),
    )
