"""The policies of the set-up that is there from the start: each lets the one before it in.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
"""

import json
from typing import Any

from deploy.local.aws.arns import ACCOUNT, arn


def _policy(service: str, action: str, resource: str, condition: dict[str, Any]) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def ses_publishes(topic: str) -> str:
    """Of a topic's ARN."""
    condition = {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}
    return _policy("ses", "sns:Publish", topic, condition)


def topic_sends(queue: str, topic: str) -> str:
    """Of a queue's name and a topic's ARN."""
    condition = {"ArnEquals": {"aws:SourceArn": topic}}
    return _policy("sns", "sqs:SendMessage", arn("sqs", queue), condition)


def ses_stores(bucket: str) -> str:
    """Of a bucket's name."""
    condition = {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}
    return _policy("ses", "s3:PutObject", f"arn:aws:s3:::{bucket}/*", condition)
