"""Clients of AWS for one region. What `up` calls may be called again, so boto3 may try again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:  # the stubs are installed where types are checked
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

_CONFIG: Final = Config(
    # SES lets most of these calls through once a second.
    retries={"mode": "standard", "total_max_attempts": 8},
    connect_timeout=5,
    read_timeout=30,
    user_agent_extra="postroom",
)


@dataclass(frozen=True, slots=True)
class Clients:
    """`ses` is version 1, which alone knows receipt rules."""

    sesv2: "SESV2Client"
    ses: "SESClient"
    sns: "SNSClient"
    sqs: "SQSClient"
    s3: "S3Client"
    iam: "IAMClient"
    sts: "STSClient"


def connect(session: boto3.session.Session) -> Clients:
    """Of the session's region. boto3 itself heeds AWS_ENDPOINT_URL."""
    return Clients(
        sesv2=session.client("sesv2", config=_CONFIG),
        ses=session.client("ses", config=_CONFIG),
        sns=session.client("sns", config=_CONFIG),
        sqs=session.client("sqs", config=_CONFIG),
        s3=session.client("s3", config=_CONFIG),
        iam=session.client("iam", config=_CONFIG),
        sts=session.client("sts", config=_CONFIG),
    )
