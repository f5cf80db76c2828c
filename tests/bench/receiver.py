"""`python -m tests.bench.receiver PORT`: an endpoint that says 204 after 100 ms, and nothing to who
asks for `/hang`.

`GET /` tells of each request that came when (unix seconds) and its `webhook-id`, and forgets them.
"""

import asyncio
import sys
import time
from contextlib import suppress
from functools import partial
from typing import cast

import orjson
import uvloop

from deploy.local.ports import LOOPBACK

LATENCY_SECONDS = 0.1
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Endpoint(asyncio.Protocol):
    """Only as much of HTTP as the clients here speak: requests that come in one piece or two."""

    def __init__(self, came: list[tuple[float, str]]) -> None:
        self._came = came
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        if len(body) < int(_field(head, b"content-length") or 0):
            return
        self._data = b""
        loop = asyncio.get_running_loop()
        if head.startswith(b"GET"):
            told = orjson.dumps(self._came)
            self._came.clear()
            self._write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(told) + told)
            return
        self._came.append((time.time(), _field(head, b"webhook-id").decode()))
        if not head.startswith(b"POST /hang"):
            loop.call_later(LATENCY_SECONDS, self._write, _ANSWER)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _field(head: bytes, name: bytes) -> bytes:
    return head.lower().partition(name + b": ")[2].partition(b"\r\n")[0]


async def serve(port: int) -> None:
    """Until it is ended."""
    made = partial(Endpoint, [])
    server = await asyncio.get_running_loop().create_server(made, LOOPBACK, port, backlog=1024)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
