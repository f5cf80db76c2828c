"""One exchange: a request out, as it was signed, and as much of the answer as is kept.

Redirects, cookies (they would go from tenant to tenant), proxies of the environment, decompression,
aiohttp's own headers and its deadlines are off: one deadline of ours is for all.
"""

import io
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from aiohttp.payload import BytesPayload
from yarl import URL

from services.webhooks.egress import Guard
from services.webhooks.wire import Attempt, Connector

USER_AGENT: Final = "Postroom/0.1"
EXCERPT_BYTES: Final = 4096
LONGEST_RETRY_AFTER_CHARACTERS: Final = 128
# Content-Security-Policy is the header that is longer than aiohttp's 8 KB on honest servers.
LONGEST_HEADER_BYTES: Final = 64 * 1024
# To one address of a name, TLS and all; then the next one has its turn. A second and a third packet
# have been sent by then (RFC 6298: at 1 s and 3 s).
LONGEST_CONNECT_SECONDS: Final = 5.0
# aiohttp writes bytes at once and warns of more than these; from a file it writes piece by piece.
_WRITTEN_AT_ONCE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A POST."""

    url: URL
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Reply:
    """As much of the answer as has come; the deadline may cut it anywhere."""

    status: int | None = None
    retry_after: str | None = None
    excerpt: bytearray = field(default_factory=bytearray)


class Sessions:
    """Two: one keeps connections, the other one's is always new."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, proxy_url: str | None) -> None:
        """In the running loop."""
        self._guard = guard
        self._kept = _session(Connector(guard, guard.open, tls, keep=True), proxy_url)
        self._fresh = _session(Connector(guard, guard.open, tls, keep=False), proxy_url)

    async def exchange(self, request: Request, reply: Reply, attempt: Attempt) -> None:
        """Fill in the reply, as far as it comes."""
        headers = _headers(request)
        try:
            response = await _send(self._kept, request, headers, attempt)
        except aiohttp.ClientConnectionError:
            # A kept connection that its peer closed while our request was under way says nothing of
            # the endpoint. Should the request have been processed all the same, it comes twice with
            # one `webhook-id`: webhooks are at-least-once. A connection of our own is the answer.
            # (aiohttp itself sends a POST once.)
            if attempt.fresh or attempt.received:
                raise
            response = await _send(self._fresh, request, headers, attempt)
        attempt.answered = True
        await _read(response, reply)

    async def close(self) -> None:
        """After the last exchange."""
        await self._kept.close()
        await self._fresh.close()
        await self._guard.close()


def _session(connector: Connector, proxy_url: str | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        proxy=proxy_url,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=LONGEST_CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=["content-type"],
        read_bufsize=EXCERPT_BYTES,
        max_field_size=LONGEST_HEADER_BYTES,
    )


def _headers(request: Request) -> dict[str, str]:
    own = {
        "content-length": str(len(request.body)),
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
    }
    named = ((name.lower(), value) for name, value in request.headers.items())
    given = {name: value for name, value in named if name != "host"}
    return own | given | own  # ours stand first, and win


async def _send(
    session: aiohttp.ClientSession, request: Request, headers: dict[str, str], attempt: Attempt
) -> aiohttp.ClientResponse:
    """Send to the first address that can be connected to; what is sent is sent once."""
    while True:
        body = request.body
        # Bytes as such would be looked up among all that aiohttp can send.
        data = BytesPayload(body) if len(body) <= _WRITTEN_AT_ONCE else io.BytesIO(body)
        try:
            return await session.post(
                request.url, data=data, headers=headers, allow_redirects=False
            )
        except aiohttp.ClientSSLError:
            raise
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            if not attempt.addresses:
                raise


async def _read(response: aiohttp.ClientResponse, reply: Reply) -> None:
    reply.status = response.status
    said = response.headers.get("retry-after")
    if said is not None:
        shown = said.encode("ascii", "replace").decode("ascii")
        reply.retry_after = shown[:LONGEST_RETRY_AFTER_CHARACTERS]
    content = response.content
    try:
        while len(reply.excerpt) < EXCERPT_BYTES and not content.at_eof():
            reply.excerpt += await content.read(EXCERPT_BYTES - len(reply.excerpt))
    except (aiohttp.ClientError, OSError):
        # The status is the verdict; the body is a souvenir. An endpoint that said 200 and then
        # dripped, fell silent or hung up has the webhook, and a retry would only repeat it.
        pass
    finally:
        response.release()  # which closes a connection that was not read to the end
