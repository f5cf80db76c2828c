"""A client that costs little: HTTP/1.1 over kept connections, one request at a time on each.

    load    closed: each connection asks again as soon as it is answered; how many a second
    pace    open: requests are due at a steady rate, whether or not the last ones are answered

Only as much of HTTP as our own servers speak; what is no 200 or 202 ends the run.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import uvloop

from deploy.local.ports import LOOPBACK

CONNECTIONS: Final = 32


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask what. `ports`: connections are split among them. `head`: request line and
    headers; `{n}` in it is a number never used before.
    """

    ports: tuple[int, ...]
    head: str
    body: bytes

    def request(self, number: str) -> bytes:
        """As it goes over the wire."""
        length = f"Content-Length: {len(self.body)}\r\n\r\n"
        head = self.head.replace("{n}", number)
        return f"{head}Host: bench\r\nContent-Type: application/json\r\n{length}".encode() + (
            self.body
        )


@dataclass(frozen=True, slots=True)
class Driven:
    """How many requests were answered in how many seconds."""

    requests: int
    seconds: float


def load(target: Target, seconds: float) -> Driven:
    """As fast as the answers come; RuntimeError with the first that is an error."""
    return uvloop.run(_load(target, seconds))


def drive(port: int, head: str, body: bytes, seconds: float) -> float:
    """`load` of one port: requests a second."""
    done = load(Target((port,), head, body), seconds)
    return done.requests / done.seconds


def pace(target: Target, a_second: float, seconds: float) -> list[float]:
    """Seconds from the moment when each request was due to its answer: what has waited for a
    connection has waited, so a server that stands still is not asked less. RuntimeError as above.
    """
    return uvloop.run(_pace(target, a_second, seconds))


async def _load(target: Target, seconds: float) -> Driven:
    async def ask(connection: _Connection, until: float) -> None:
        while time.perf_counter() < until:
            await connection.ask()

    async with _connections(target) as connections:
        began = time.perf_counter()
        await asyncio.gather(*(ask(one, began + seconds) for one in connections))
        return Driven(sum(one.asked for one in connections), time.perf_counter() - began)


async def _pace(target: Target, a_second: float, seconds: float) -> list[float]:
    took: list[float] = []

    async def ask(connection: _Connection, dues: Iterator[float]) -> None:
        for due in dues:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await connection.ask()
            took.append(time.perf_counter() - due)

    async with _connections(target) as connections:
        began = time.perf_counter()
        # All take from the same: whoever is free asks what is due next.
        dues = (began + number / a_second for number in range(int(a_second * seconds)))
        await asyncio.gather(*(ask(one, dues) for one in connections))
    return took


@asynccontextmanager
async def _connections(target: Target) -> "AsyncIterator[list[_Connection]]":
    ports = [target.ports[at % len(target.ports)] for at in range(CONNECTIONS)]
    opened = await asyncio.gather(*(_open(target, port) for port in ports))
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


class _Connection:
    def __init__(
        self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._target = target
        self._reader = reader
        self._writer = writer
        self._name = f"{time.time_ns()}-{id(self)}"
        self.asked = 0

    async def ask(self) -> None:
        """One request, and its answer."""
        self.asked += 1
        self._writer.write(self._target.request(f"{self._name}-{self.asked}"))
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await self._reader.readexactly(int(length))
        if head[9:12] not in {b"200", b"202"}:
            raise RuntimeError((head + body).decode())

    def close(self) -> None:
        """At once."""
        self._writer.close()


async def _open(target: Target, port: int) -> _Connection:
    return _Connection(target, *await asyncio.open_connection(LOOPBACK, port))
