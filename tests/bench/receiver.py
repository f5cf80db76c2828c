"""`python -m tests.bench.receiver PORT`: an endpoint that says 204 after 100 ms, and nothing to who
asks for `/hang`.

`GET /` tells of each request that came when (unix seconds) and its `webhook-id`, and forgets them.
"""

import sys
import time

import orjson

from tests.bench.small_http import Answer, field, serve

LATENCY_SECONDS = 0.1


class Endpoint:
    """What came since it was asked."""

    def __init__(self) -> None:
        self._came: list[tuple[float, str]] = []

    def __call__(self, head: bytes, _: bytes) -> Answer | None:
        if head.startswith(b"GET"):
            told = orjson.dumps(self._came)
            self._came.clear()
            return Answer(told)
        self._came.append((time.time(), field(head, b"webhook-id").decode()))
        return None if head.startswith(b"POST /hang") else Answer(seconds=LATENCY_SECONDS)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Endpoint())
