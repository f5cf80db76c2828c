"""One exchange: a request out, as it was signed, and as much of the answer as is kept.

It takes aiohttp's connections and its parser, and not its session: most of what a session costs a
call is for redirects, cookies (they would go from tenant to tenant), proxies of the environment,
decompression, headers and deadlines of its own, and a task for each body. None of it is wanted
here, and one deadline of ours is for all.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, cast

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from yarl import URL

from services.webhooks.egress import Guard
from services.webhooks.failures import INVALID, Failed
from services.webhooks.outgoing import Destination, Request, write
from services.webhooks.wire import Attempt, Connector, Peer

EXCERPT_BYTES: Final = 4096
LONGEST_RETRY_AFTER_CHARACTERS: Final = 128
# Content-Security-Policy is the header that is longer than aiohttp's 8 KB on honest servers.
LONGEST_HEADER_BYTES: Final = 64 * 1024
# To one address of a name, TLS and all; then the next one has its turn. A second and a third packet
# have been sent by then (RFC 6298: at 1 s and 3 s).
LONGEST_CONNECT_SECONDS: Final = 5.0
_PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=LONGEST_CONNECT_SECONDS)
_REMEMBERED: Final = 4096  # destinations: to make one takes as long as an exchange
_SWITCHING: Final = 101


@dataclass(slots=True)
class Reply:
    """As much of the answer as has come; the deadline may cut it anywhere."""

    status: int | None = None
    retry_after: str | None = None
    excerpt: bytearray = field(default_factory=bytearray)


class Pools:
    """Two: one keeps connections, the other one's is always new."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, proxy_url: str | None) -> None:
        """In the running loop."""
        self._guard = guard
        self._kept = Connector(guard, guard.open, tls, keep=True)
        self._fresh = Connector(guard, guard.open, tls, keep=False)
        proxy = None if proxy_url is None else URL(proxy_url)
        loop = asyncio.get_running_loop()
        self._to = lru_cache(_REMEMBERED)(lambda url: Destination.of(url, proxy, loop))

    async def exchange(self, request: Request, reply: Reply, attempt: Attempt) -> None:
        """Fill in the reply, as far as it comes."""
        to = self._to(request.url)
        try:
            await _exchange(self._kept, to, request, reply, attempt)
        except aiohttp.ClientConnectionError:
            # A kept connection that its peer closed while our request was under way says nothing of
            # the endpoint. Should the request have been processed all the same, it comes twice with
            # one `webhook-id`: webhooks are at-least-once. A connection of our own is the answer.
            if attempt.fresh or attempt.received:
                raise
            await _exchange(self._fresh, to, request, reply, attempt)

    async def close(self) -> None:
        """After the last exchange."""
        await self._kept.close()
        await self._fresh.close()
        await self._guard.close()


async def _exchange(
    connector: Connector, to: Destination, request: Request, reply: Reply, attempt: Attempt
) -> None:
    connection = await _connect(connector, to, attempt)
    try:
        peer = cast("Peer", connection.protocol)
        peer.set_response_params(
            auto_decompress=False,
            read_until_eof=True,
            read_bufsize=EXCERPT_BYTES,
            max_field_size=LONGEST_HEADER_BYTES,
        )
        writing = write(peer, to, request, last=connector.force_close)
        try:
            await _read(peer, reply, attempt)
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                peer.force_close()
    except BaseException:
        connection.close()
        raise
    connection.release()  # which closes one that was not read to the end


async def _connect(connector: Connector, to: Destination, attempt: Attempt) -> Connection:
    """To the first address that can be connected to."""
    while True:
        try:
            return await connector.connect(to.way, [], _PATIENCE)
        except aiohttp.ClientSSLError:
            raise
        except (aiohttp.ClientConnectorError, TimeoutError):
            if not attempt.addresses:
                raise


async def _read(peer: Peer, reply: Reply, attempt: Attempt) -> None:
    message, content = await _head(peer)
    attempt.answered = True
    reply.status = message.code
    said = message.headers.get("retry-after")
    if said is not None:
        shown = said.encode("ascii", "replace").decode("ascii")
        reply.retry_after = shown[:LONGEST_RETRY_AFTER_CHARACTERS]
    try:
        while len(reply.excerpt) < EXCERPT_BYTES and not content.at_eof():
            reply.excerpt += await content.read(EXCERPT_BYTES - len(reply.excerpt))
    except (aiohttp.ClientError, OSError):
        # The status is the verdict; the body is a souvenir. An endpoint that said 200 and then
        # dripped, fell silent or hung up has the webhook, and a retry would only repeat it.
        pass


async def _head(peer: Peer) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Of the answer, past what goes before it (RFC 9110 15.2: 1xx)."""
    while True:
        try:
            message, content = await peer.read()
        except HttpProcessingError as fault:
            raise Failed(INVALID) from fault
        if message.code == _SWITCHING or not 100 <= message.code < 200:  # noqa: PLR2004 - HTTP's 1xx
            return message, content
