"""How much received mail waits in SQS, which keeps it for 14 days at most."""

import time
from typing import Final

from prometheus_client import Gauge

from common import logs
from common.sqs import AwsError, Sqs, name_of

_LOOK_SECONDS: Final = 15.0
_UNKNOWN: Final = float("nan")

# state: visible|in_flight|delayed. NaN while SQS does not answer: an old number would be a lie.
DEPTH: Final = Gauge(
    "postroom_inbound_queue_messages", "Received mail that waits in SQS", ["state"]
)
_ATTRIBUTES: Final = {
    "visible": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}

log = logs.get(__name__)


class Depth:
    """Of one queue, looked at now and then by who reads it."""

    def __init__(self, sqs: Sqs, url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._look_at = 0.0

    def look(self) -> None:
        """Into the gauge, if it is time."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_SECONDS
        try:
            asked = {"QueueUrl": self._url, "AttributeNames": [*_ATTRIBUTES.values()]}
            answer = self._sqs.call("GetQueueAttributes", asked)
        except AwsError as error:
            log.warning("inbound.queue_unanswered", error=name_of(error))
            answer = None
        for state, name in _ATTRIBUTES.items():
            DEPTH.labels(state).set(float(answer["Attributes"][name]) if answer else _UNKNOWN)
