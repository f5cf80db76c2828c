"""The connection under a request: the caller may hang up while we wait, and we may break it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_ZERO = struct.pack("ii", 1, 0)

Gone = asyncio.Task[None]


class BreakableProtocol(HttpToolsProtocol):
    """Hands each request its transport, which ASGI has no word for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"] = {"transport": self.transport}


def reset(request: Request) -> None:
    """Closes without a goodbye: lingering for zero seconds makes the kernel send RST, not FIN."""
    transport: asyncio.Transport = request.state.transport
    if not transport.is_closing():
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()


@asynccontextmanager
async def hanging_up(request: Request) -> AsyncIterator[Gone]:
    """A task that is done once the caller has closed the connection.

    The request's body must have been read before.
    """
    gone = asyncio.create_task(_hung_up(request))
    try:
        yield gone
    finally:
        gone.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def first_of(gone: Gone, event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event, the end of the time or the caller's leaving; true while he is there."""
    told = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({gone, told}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
    return not gone.done()
