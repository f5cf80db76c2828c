"""As much of an HTTP server as boto3 and a benchmark need, at a tenth of a framework's cost: what
answers on the same two cores must not be what is measured.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import cast

import uvloop

from deploy.local.ports import LOOPBACK

Answer = tuple[float, bytes]
"""After how many seconds, and the body, which is JSON."""


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive, with a length before each body."""

    def __init__(self, answer: Callable[[bytes, bytes], Answer]) -> None:
        """`answer` gets the head and the body of a request."""
        self._answer = answer
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._data = b""
        seconds, told = self._answer(head, body)
        answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        answer += b"content-length: %d\r\n\r\n" % len(told) + told
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def serve(port: int, answer: Callable[[bytes, bytes], Answer]) -> None:
    """On loopback, until it is ended."""
    uvloop.run(_serve(port, answer))


async def _serve(port: int, answer: Callable[[bytes, bytes], Answer]) -> None:
    made = partial(Connection, answer)
    server = await asyncio.get_running_loop().create_server(made, LOOPBACK, port, backlog=256)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()
