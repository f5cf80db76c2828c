"""What a connection writes: the head of an answer together with its body.

uvicorn writes them one after the other, and uvloop sends each at once: two calls of the system, two
packets, and a client that is woken twice (tests/bench).
"""

import asyncio
from typing import Any, Final

_MOST_BYTES: Final = 1 << 16
"""Of what waits: more is sent at once, so that a reader who is slow is noticed, and a big body is
not copied.
"""


class Gathering:
    """A transport whose writes of one turn of the event loop leave together, at its end."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """All that is asked of a transport, but writes."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """In its order, within the turn."""
        if len(data) > _MOST_BYTES:
            self._flush()
            self._transport.write(data)
            return
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES:
            self._flush()

    def close(self) -> None:
        """After what was written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting and not self._transport.is_closing():
            self._transport.write(b"".join(waiting))
