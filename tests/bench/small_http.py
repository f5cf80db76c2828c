"""As much of an HTTP server as the clients here need, at a tenth of a framework's cost: what
answers on the same two cores must not be what is measured.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

import uvloop

from deploy.local.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds`: after how many it comes. `body`: JSON, or nothing, which is a 204."""

    body: bytes = b""
    seconds: float = 0.0

    def wire(self) -> bytes:
        """All of it."""
        if not self.body:
            return _NOTHING
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        return head + b"content-length: %d\r\n\r\n" % len(self.body) + self.body


Respond = Callable[[bytes, bytes], Answer | None]
"""From the head and the body of a request; None: nothing, for ever."""

_NOTHING: Final = b"HTTP/1.1 204 No Content\r\n\r\n"


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive: one request at a time, with a length before its body."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end or len(body) < int(field(head, b"content-length") or 0):
            return
        self._data = b""
        answer = self._respond(head, body)
        if answer is None:
            return
        if answer.seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(answer.seconds, self._write, answer.wire())
        else:
            self._write(answer.wire())

    def _write(self, wire: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(wire)


def field(head: bytes, name: bytes) -> bytes:
    """A header's value in lower case, or nothing; `name` is in lower case."""
    return head.lower().partition(name + b": ")[2].partition(b"\r\n")[0]


def serve(port: int, respond: Respond) -> None:
    """On loopback, until it is ended."""
    uvloop.run(_serve(port, respond))


async def _serve(port: int, respond: Respond) -> None:
    made = partial(Connection, respond)
    server = await asyncio.get_running_loop().create_server(made, LOOPBACK, port, backlog=1024)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()
