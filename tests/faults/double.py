"""The double of AWS as the harness asks it: for trouble, and for what it saw."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from tests.faults.evidence import Accept, Post, Told

FEEDBACK: Final = "postroom-feedback"
_MESSAGE, _ATTEMPT = "postroom_message", "postroom_attempt"
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the double's journals."""

    accepted: str
    posted: int


@dataclass(frozen=True, slots=True)
class Double:
    client: httpx.Client
    rate: float
    """MaxSendRate, in recipients a second, where nothing else is asked for."""

    def faults(self, **shares: Any) -> None:
        """Replaces all of them: `faults()` heals."""
        self.client.post("/faults", json=shares).raise_for_status()

    def account(self, **members: Any) -> None:
        """Replaces all of it: `account()` may send."""
        wanted = {"maxSendRate": self.rate, **members}
        self.client.post("/account", json=wanted).raise_for_status()

    def mark(self) -> Mark:
        newest = self.client.get("/sent", params={"raw": "false"}).json()[:1]
        posts = self.client.get("/posts").json()[-1:]
        return Mark(newest[0]["messageId"] if newest else "", posts[0]["number"] if posts else 0)

    def accepts(self, since: Mark) -> tuple[Accept, ...]:
        asked = {"raw": "false", "since": since.accepted}
        return tuple(_accept(one) for one in self.client.get("/sent", params=asked).json())

    def posts(self, since: Mark) -> tuple[Post, ...]:
        found = self.client.get("/posts", params={"since": since.posted}).json()
        return tuple(
            Post(
                one["tags"].get(_MESSAGE, ""),
                one["tags"].get(_ATTEMPT, ""),
                _seconds(one["at"]),
                one["outcome"],
            )
            for one in found
        )

    def waiting(self, queue: str = FEEDBACK) -> int:
        """Messages in a queue of SQS, whether they are shown or hidden."""
        answer = self.sqs("GetQueueAttributes", queue, AttributeNames=["All"])
        return sum(int(answer["Attributes"][name]) for name in _COUNTS)

    def sqs(self, operation: str, queue: str = FEEDBACK, **members: Any) -> Any:
        headers = {"x-amz-target": f"AmazonSQS.{operation}"}
        answer = self.client.post("/", json={"QueueUrl": queue, **members}, headers=headers)
        return answer.raise_for_status().json()


def _accept(one: dict[str, Any]) -> Accept:
    return Accept(
        one["messageId"],
        one["tags"].get(_MESSAGE, ""),
        _seconds(one["acceptedAt"]),
        len(one["destinations"]),
        tuple(Told(told["eventType"], tuple(told["recipients"])) for told in one["events"]),
    )


def _seconds(wire: str) -> float:
    return datetime.fromisoformat(wire).timestamp()
