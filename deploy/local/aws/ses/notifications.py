"""The envelope in which SNS hands what SES tells to SQS (raw message delivery off).

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from datetime import UTC, datetime
from uuid import uuid4

import orjson

from deploy.local.aws.ses.events import Event
from deploy.local.aws.ses.journal import iso

# Of the right shape and length, and of no worth: no key is behind it.
SIGNATURE = "EXAMPLE" + "A" * 335 + "=="
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{}.pem"
UNSUBSCRIBE = "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn="


def envelope(event: Event, topic: str) -> str:
    """Of what happened to a sent mail. SES ends its JSON with a line break, seen in real ones."""
    return wrap(orjson.dumps(event).decode() + "\n", topic, "Amazon SES Email Event Notification")


def wrap(message: str, topic: str, subject: str) -> str:
    """A fresh notification: each has a MessageId of its own, also around the same message."""
    return orjson.dumps(
        {
            "Type": "Notification",
            "MessageId": str(uuid4()),
            "TopicArn": topic,
            "Subject": subject,
            "Message": message,
            "Timestamp": iso(datetime.now(UTC)),
            "SignatureVersion": "1",
            "Signature": SIGNATURE,
            "SigningCertURL": CERTIFICATE.format("0" * 32),
            "UnsubscribeURL": f"{UNSUBSCRIBE}{topic}:00000000-0000-0000-0000-000000000000",
        }
    ).decode()
