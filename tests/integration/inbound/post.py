"""A post office: mail in S3 and its notification in a queue that only one test reads."""

import json
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import boto3

from common.sqs import Sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BUCKET = "postroom-inbound"


def mail(text: str = "Hello.", **headers: str) -> bytes:
    """`in_reply_to="<1@x>"` is the header `In-Reply-To`."""
    written = EmailMessage()
    given = {"from": "Jane <jane@customer.example>", "subject": "A question", **headers}
    for name, value in given.items():
        written[name.replace("_", "-").title()] = value
    written.set_content(text)
    return written.as_bytes()


@dataclass(frozen=True, slots=True)
class Post:
    """`aws_url`: of the double. `url`: of the queue. `caller`: as the service calls it."""

    aws_url: str
    sqs: "SQSClient"
    url: str
    caller: Sqs

    def arrives(self, raw: bytes, *to: str, copies: int = 1, **verdicts: str) -> str:
        """SES's id of it."""
        receipt_id = secrets.token_hex(20)
        s3 = boto3.client("s3", endpoint_url=self.aws_url, region_name="us-east-1")
        s3.put_object(Bucket=BUCKET, Key=receipt_id, Body=raw)
        s3.close()
        for _ in range(copies):
            self.put(notification(receipt_id, *to, **verdicts))
        return receipt_id

    def put(self, said: object) -> None:
        body = said if isinstance(said, str) else json.dumps(said)
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def left(self) -> int:
        """Letters in the queue."""
        told = self.sqs.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(count) for count in told["Attributes"].values())


def notification(receipt_id: str, *to: str, **verdicts: str) -> dict[str, Any]:
    """By SNS with raw delivery, so it is the letter."""
    found = {f"{check}Verdict": {"status": word} for check, word in verdicts.items()}
    return {
        "notificationType": "Received",
        "mail": {"messageId": receipt_id, "source": "jane@customer.example", "destination": []},
        "receipt": {
            "recipients": list(to),
            **found,
            "action": {"type": "S3", "bucketName": BUCKET, "objectKey": receipt_id},
        },
    }
