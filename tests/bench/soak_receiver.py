"""`python -m tests.bench.soak_receiver PORT`: an endpoint that says 204 and counts, and keeps
nothing, so that it can do so for hours.

`GET /` tells how many requests have come to each path.
"""

import asyncio
import sys
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Final, cast

import orjson
import uvloop

from deploy.local.ports import LOOPBACK

_ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"


class Endpoint(asyncio.Protocol):
    """Only as much of HTTP as the clients here speak: one request at a time, with its length."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length or 0):
            return
        self._data = b""
        method, path, _ = head.split(b" ", 2)
        if method == b"GET":
            told = orjson.dumps(self._counts)
            answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(told) + told
        else:
            self._counts[path.decode()] += 1
            answer = _ANSWER
        self._transport.write(answer)


async def serve(port: int) -> None:
    """Until it is ended."""
    made = partial(Endpoint, Counter())
    server = await asyncio.get_running_loop().create_server(made, LOOPBACK, port, backlog=1024)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
