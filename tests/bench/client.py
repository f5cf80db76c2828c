"""A client that costs little: HTTP/1.1 over kept connections, one request at a time on each.

Only as much of HTTP as our own servers speak; what is no 200 or 202 ends the run.
"""

import asyncio
import time

import uvloop

CONNECTIONS = 32


def drive(port: int, head: str, body: bytes, seconds: float) -> float:
    """Requests a second. `head`: request line and headers; `{n}` in it is a number never used
    before.
    """
    return uvloop.run(_drive(port, head, body, seconds))


async def _drive(port: int, head: str, body: bytes, seconds: float) -> float:
    began = time.perf_counter()
    until = began + seconds
    counts = await asyncio.gather(
        *(_connection(port, head, body, until, f"{began}-{at}") for at in range(CONNECTIONS))
    )
    return sum(counts) / (time.perf_counter() - began)


async def _connection(port: int, head: str, body: bytes, until: float, name: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    fixed = f"Host: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    count = 0
    while time.perf_counter() < until:
        told = head.replace("{n}", f"{name}-{count}")
        writer.write(f"{told}{fixed}".encode() + body)
        await _answer(reader)
        count += 1
    writer.close()
    return count


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if head[9:12] not in {b"200", b"202"}:
        raise RuntimeError((head + body).decode())
