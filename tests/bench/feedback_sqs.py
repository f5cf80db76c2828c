"""`python -m tests.bench.feedback_sqs PORT`: a queue of SQS that costs little.

What it hands out is rendered when it is put in (`POST /put`, a list of bodies), ten a call, each
once. `GET /count` tells how many letters were deleted, `GET /calls` when (seconds) each was, and
forgets them.
"""

import hashlib
import sys
import time
from collections import deque

import orjson

from tests.bench.small_http import Answer, serve

_A_CALL = 10
_IDLE_SECONDS = 2.0
_OPERATION = b"x-amz-target: amazonsqs."


class Sqs:
    """The queue, and when each letter was deleted."""

    def __init__(self) -> None:
        self._ready: deque[bytes] = deque()
        self._there: set[str] = set()
        self._deleted: list[float] = []
        self._number = 0

    def answer(self, head: bytes, body: bytes) -> Answer:
        """To one request."""
        name = head.lower().partition(_OPERATION)[2].partition(b"\r\n")[0]
        if name == b"receivemessage":
            return self._receive(body)
        if name == b"deletemessagebatch":
            return Answer(self._delete(body))
        if name == b"getqueueattributes":
            return Answer(self._attributes())
        if head.startswith(b"POST /put"):
            return Answer(self._put(orjson.loads(body)))
        if head.startswith(b"GET /count"):
            return Answer(orjson.dumps(len(self._deleted)))
        deleted, self._deleted = self._deleted, []
        return Answer(orjson.dumps(deleted))

    def _receive(self, asked: bytes) -> Answer:
        if self._ready:
            return Answer(self._ready.popleft())
        return Answer(b"{}", _IDLE_SECONDS if orjson.loads(asked).get("WaitTimeSeconds") else 0)

    def _delete(self, asked: bytes) -> bytes:
        entries = orjson.loads(asked)["Entries"]
        handles = self._there & {one["ReceiptHandle"] for one in entries}
        self._there -= handles
        self._deleted += [time.monotonic()] * len(handles)
        return orjson.dumps({"Successful": [{"Id": one["Id"]} for one in entries], "Failed": []})

    def _attributes(self) -> bytes:
        counts = {
            "ApproximateNumberOfMessages": str(len(self._ready) * _A_CALL),
            "ApproximateNumberOfMessagesNotVisible": str(len(self._there)),
            "ApproximateNumberOfMessagesDelayed": "0",
            "VisibilityTimeout": "300",
        }
        return orjson.dumps({"Attributes": counts})

    def _put(self, bodies: list[str]) -> bytes:
        for at in range(0, len(bodies), _A_CALL):
            letters = [self._letter(one) for one in bodies[at : at + _A_CALL]]
            self._ready.append(orjson.dumps({"Messages": letters}))
        return b"{}"

    def _letter(self, body: str) -> dict[str, object]:
        self._number += 1
        handle = f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{self._number:030}"
        self._there.add(handle)
        return {
            "MessageId": f"5fea7756-0ea4-451a-a703-{self._number:012x}",
            "ReceiptHandle": handle,
            "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
            "Body": body,
            "Attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": str(int(time.time() * 1000)),
            },
        }


if __name__ == "__main__":
    serve(int(sys.argv[1]), Sqs().answer)
