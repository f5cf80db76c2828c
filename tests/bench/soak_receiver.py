"""`python -m tests.bench.soak_receiver PORT`: an endpoint that says 204 and counts, and keeps
nothing, so that it can do so for hours.

`GET /` tells how many requests have come to each path.
"""

import sys
from collections import Counter

import orjson

from tests.bench.small_http import Answer, serve


class Endpoint:
    """How many have come to each path."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __call__(self, head: bytes, _: bytes) -> Answer:
        method, path, _rest = head.split(b" ", 2)
        if method == b"GET":
            return Answer(orjson.dumps(self._counts))
        self._counts[path.decode()] += 1
        return Answer()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Endpoint())
