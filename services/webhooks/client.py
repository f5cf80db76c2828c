"""One attempt: POST a webhook and bring home what the endpoint said, whatever it does.

It stands on aiohttp, in one event loop. httpx, with which it began, has a pool that looks at every
connection at every request: measured with 256 calls in flight to an endpoint that takes 100 ms,
httpx made 86 deliveries a second and aiohttp 2,229, at 0.17 ms of CPU each.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import aiohttp
import httpx
from yarl import URL

from services.webhooks import failures
from services.webhooks.egress import Forbidden, Guard, Network, parse_url
from services.webhooks.exchange import Pools, Reply
from services.webhooks.failures import FORBIDDEN, PROXY, TIMEOUT
from services.webhooks.outgoing import Request
from services.webhooks.wire import Attempt, begin

# Remembered: to read one takes longer than all the rest that is done here for a call.
_URLS: Final = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or the error for which there is none; never both.

    `error` is a word of `failures`, and may be shown to the tenant.
    `excerpt` is the start of the body, raw: not decompressed, and without NUL (Postgres has none).
    """

    status: int | None
    error: str | None
    excerpt: str
    latency_ms: int
    retry_after: str | None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's 2xx

    @property
    def timed_out(self) -> bool:
        """Whether it took too long."""
        return self.error == TIMEOUT

    @property
    def blameless(self) -> bool:
        """Whether our own proxy failed, which says nothing of the endpoint."""
        return self.error == PROXY


class WebhookClient:
    """Shared by all attempts of one event loop, each in a task of its own."""

    def __init__(
        self,
        timeout_seconds: float = 15,
        allow_private: bool = False,
        *,
        proxy_url: str | None = None,
        network: Network | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Outside of a loop or in it; its pools are made at the first `post`."""
        self._timeout_seconds = timeout_seconds
        self._allow_private = allow_private
        self._proxy_url = proxy_url
        self._network = network or Network()
        self._tls = tls or _trust()
        self._pools: Pools | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` to `url`; never raises for what an endpoint or the network does.

        ValueError for headers that are broken: they are our own.
        """
        began = time.monotonic()
        reply, error = Reply(), None
        attempt = begin()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                request = Request(_target(url, self._allow_private), body, headers)
                self._pools = pools = self._pools or self._begin()
                await pools.exchange(request, reply, attempt)
        except Forbidden:
            error = FORBIDDEN
        except (failures.Failed, aiohttp.ClientError, OSError) as fault:
            error = self._word(fault, attempt, url)
        latency_ms = round((time.monotonic() - began) * 1000)
        if reply.status is not None:
            error = None
        excerpt = reply.excerpt.decode("utf-8", "replace").replace("\0", "")
        return Answer(reply.status, error, excerpt, latency_ms, reply.retry_after)

    async def close(self) -> None:
        """After the last `post`."""
        if self._pools is not None:
            await self._pools.close()

    def _begin(self) -> Pools:
        # A proxy is the operator's own, and stands where the operator wants it.
        guard = Guard(self._allow_private or self._proxy_url is not None, self._network)
        return Pools(guard, self._tls, self._proxy_url)

    def _word(self, fault: Exception, attempt: Attempt, url: str) -> str:
        late = isinstance(fault, TimeoutError)
        if self._proxy_url is not None and attempt.fresh:
            way = 2 if url.lower().startswith("https:") else 1
            # A proxy that was reached and says nothing waits for the endpoint, as far as we know.
            if attempt.made < way and not (late and attempt.made):
                return failures.word_of_proxy(fault)
        return attempt.overdue if late else failures.word(fault)


@lru_cache(_URLS)
def _target(url: str, allow_private: bool) -> URL:
    """Check a URL and make it aiohttp's; both must read the same host in it."""
    understood = parse_url(url, allow_private)
    try:
        target = URL(str(understood), encoded=True)
    except ValueError:
        raise Forbidden("The URL is not valid.") from None
    if target.raw_host != understood.raw_host.decode("ascii"):
        raise Forbidden("The URL is not valid.")
    return target


def _trust() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context
