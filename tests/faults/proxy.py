"""A TCP proxy that does to a connection what networks do: an asyncio loop in a thread of its own.

with proxies(redis=6379, postgres=5432) as found:
    found["redis"].down()
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

_CHUNK: Final = 65_536
_LOOK_SECONDS: Final = 0.05
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`latency`: seconds before each reply. `swallow`: the share of replies that never come; as
    TCP loses nothing out of the middle, nothing comes after them on their connection either.
    `half_open`: connections are accepted, and nothing passes. `paused`: the same, but what was held
    back passes when it is over.
    """

    latency: float = 0.0
    swallow: float = 0.0
    half_open: bool = False
    paused: bool = False


class Proxy:
    """In front of one port of loopback. What is asked of it counts from then on."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: int, seed: int = 0) -> None:
        self._loop = loop
        self._target = target
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._trouble = Trouble()
        self.swallowed = 0
        self.port = 0
        self._do(self._listen())

    def trouble(self, **changes: Any) -> None:
        """Replaces all of it: `trouble()` heals."""
        self._trouble = replace(Trouble(), **changes)

    def reset(self) -> None:
        """Every connection that is open ends by RST."""
        self._do(self._reset())

    def down(self) -> None:
        """As if nobody listened, from now on, and for those who were connected."""
        self._do(self._close())

    def up(self) -> None:
        self._do(self._listen())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _reset(self) -> None:
        for writer in list(self._open):
            _abort(writer)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            back, server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _abort(client)
            return
        ends = {client, server}
        self._open |= ends
        try:
            await self._relay(reader, server, back, client)
        finally:
            self._open -= ends

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        client: asyncio.StreamWriter,
    ) -> None:
        """Until either side ends; the other is told in the same way, by FIN or by RST."""
        asked = asyncio.create_task(self._pass(reader, server, is_reply=False))
        answered = asyncio.create_task(self._pass(back, client, is_reply=True))
        done, left = await asyncio.wait({asked, answered}, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        faults = [task.exception() for task in done]  # all of them asked for, or asyncio complains
        politely = not any(faults)
        for writer in (client, server):
            writer.close() if politely else _abort(writer)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        silent = False
        while data := await reader.read(_CHUNK):
            while self._trouble.paused:  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(_LOOK_SECONDS)
            trouble = self._trouble
            if is_reply and trouble.latency:
                await asyncio.sleep(trouble.latency)
            if is_reply and not silent and self._dice.random() < trouble.swallow:
                self.swallowed += 1
                silent = True
            if not silent and not trouble.half_open:
                writer.write(data)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    if not transport.is_closing():
        peer = transport.get_extra_info("socket")
        with suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()


@contextmanager
def proxies(seed: int = 0, /, **targets: int) -> Iterator[dict[str, Proxy]]:
    """One in front of each port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxies", daemon=True)
    thread.start()
    made = {name: Proxy(loop, port, seed) for name, port in targets.items()}
    try:
        yield made
    finally:
        for proxy in made.values():
            proxy.trouble()
            proxy.down()
        asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end() -> None:
    """Every connection was broken, and its task is to come to its end."""
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=5)


@contextmanager
def line_to(url: str) -> Iterator[Proxy]:
    """One in front of the server of this URL."""
    port = urlsplit(url).port
    assert port
    with proxies(line=port) as made:
        yield made["line"]


def by(url: str, line: Proxy) -> str:
    """The same URL, at the other end of the line."""
    return url.replace(f":{urlsplit(url).port}/", f":{line.port}/")
