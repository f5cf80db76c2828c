"""The door of received mail. It only opens: mail waits in SQS until a reader is built (issue 5).

Nothing is received, so no mail's `maxReceiveCount` is used up and none is lost. What is told is how
much waits, since SQS keeps it for 14 days at most.
"""

import threading
import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import Gauge

from common import logs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_LOOK_SECONDS: Final = 15.0
_GLANCE_SECONDS: Final = 1.0
"""A signal that comes in the moment before a wait begins is seen at the end of that wait."""
_UNKNOWN: Final = float("nan")

# state: visible|in_flight|delayed. NaN while SQS does not answer: an old number would be a lie.
DEPTH = Gauge("postroom_inbound_queue_messages", "Received mail that waits in SQS", ["state"])
_ATTRIBUTES: Final[dict[str, "QueueAttributeNameType"]] = {
    "visible": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}

log = logs.get(__name__)


def watch(sqs: "SQSClient", url: str, stopping: threading.Event) -> None:
    """Measure the queue until told to stop."""
    log.info("inbound.not_read_yet", reason="the reader of received mail is not built")
    while not stopping.is_set():
        measure(sqs, url)
        ends = time.monotonic() + _LOOK_SECONDS
        while time.monotonic() < ends and not stopping.wait(_GLANCE_SECONDS):
            pass


def measure(sqs: "SQSClient", url: str) -> None:
    """The depth of the queue, into the gauge."""
    try:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*_ATTRIBUTES.values()])
    except (BotoCoreError, ClientError) as error:
        log.warning("inbound.queue_unanswered", error=type(error).__name__)
        answer = None
    for state, name in _ATTRIBUTES.items():
        DEPTH.labels(state).set(float(answer["Attributes"][name]) if answer else _UNKNOWN)
