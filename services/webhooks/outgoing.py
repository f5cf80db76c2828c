"""A request on its way out: where it goes, its bytes, and how they are written."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import ClientRequest, hdrs
from aiohttp.http import StreamWriter
from yarl import URL

from services.webhooks.wire import Peer

USER_AGENT: Final = "Postroom/0.1"
# More is written piece by piece, as fast as it is taken: a slow endpoint holds a body, and not a
# second one that waits for its socket.
_WRITTEN_AT_ONCE: Final = 1024 * 1024
_PIECE: Final = 64 * 1024
_OWN: Final = {"host", "content-length", "user-agent", "accept", "accept-encoding", "connection"}
_BROKEN: Final = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Request:
    """A POST."""

    url: URL
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Destination:
    """What is the same in all requests to one URL. `way`: all that a connector asks of a request.
    `start`: of the head.
    """

    way: ClientRequest
    start: str

    @classmethod
    def of(cls, url: URL, proxy: URL | None, loop: asyncio.AbstractEventLoop) -> "Destination":
        """RFC 9112 3.2: a proxy of http is told the whole URL, and its own password."""
        way = ClientRequest(hdrs.METH_POST, url, proxy=proxy, loop=loop)
        by_proxy = proxy if url.scheme == "http" else None
        fields = {
            "host": way.headers[hdrs.HOST],
            "user-agent": USER_AGENT,
            "accept": "*/*",
            "accept-encoding": "identity",
        }
        if by_proxy and by_proxy.user is not None:
            password = by_proxy.password or ""
            fields["proxy-authorization"] = aiohttp.encode_basic_auth(by_proxy.user, password)
        target = str(url) if by_proxy else url.raw_path_qs
        return cls(way, "\r\n".join([f"POST {target} HTTP/1.1", *_lines(fields.items())]))


def write(
    peer: Peer, to: Destination, request: Request, *, last: bool
) -> "asyncio.Task[None] | None":
    """A task where the body is large. `last`: of the connection.

    ValueError for headers that are broken: they are our own.
    """
    head, body = _head(to, request, last=last), request.body
    if len(body) <= _WRITTEN_AT_ONCE:
        peer.write(head + body)
        return None
    peer.write(head)
    return asyncio.create_task(_pour(peer, body))


def _head(to: Destination, request: Request, *, last: bool) -> bytes:
    given = ((name.lower(), value) for name, value in request.headers.items())
    lines = _lines((name, value) for name, value in given if name not in _OWN)
    if last:
        lines.append("connection: close")
    length = f"content-length: {len(request.body)}"
    return "\r\n".join([to.start, length, *lines, "", ""]).encode("ascii")


def _lines(fields: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in fields]
    if _BROKEN.search("".join(lines)):
        raise ValueError("a header has a line break")
    return lines


async def _pour(peer: Peer, body: bytes) -> None:
    writer = StreamWriter(peer, asyncio.get_running_loop())
    whole = memoryview(body)
    with suppress(aiohttp.ClientError, OSError):  # whoever reads the answer hears of it
        for begin in range(0, len(whole), _PIECE):
            await writer.write(whole[begin : begin + _PIECE])
