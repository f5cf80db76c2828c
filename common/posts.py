"""POSTs to one service of AWS, many at a time: by one event loop, in a thread of its own.

For threads that make ten calls at once and then wait for all of them: a thread for each call takes
about twice the CPU (docs/performance.md). What fails is botocore's error, and nothing is tried
again, as in `common/signed.py`.
"""

import asyncio
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
import uvloop
from botocore import exceptions as boto
from botocore.httpsession import mask_proxy_url

from common.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Post:
    """Signed (`Endpoint.sign`)."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Of any status, read to its end."""

    status: int
    headers: Mapping[str, str]
    data: bytes


# The first that fits.
_ERRORS: Final = (
    (aiohttp.ClientSSLError, boto.SSLError),
    (aiohttp.ConnectionTimeoutError, boto.ConnectTimeoutError),
    (aiohttp.ClientConnectorError, boto.EndpointConnectionError),
    (TimeoutError, boto.ReadTimeoutError),
    (Exception, boto.ConnectionClosedError),
)
_OF_A_PROXY: Final = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
_UNASKED: Final = ("accept", "accept-encoding")
"""Headers of aiohttp's own."""


class Posts:
    """Safe to share between threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connect_timeout: float = 3.0,
        read_timeout: float = 20.0,
        connections: int = 10,
    ) -> None:
        """At most `connections` calls at one time; timeouts in seconds. A call takes no longer than
        both together.
        """
        self._endpoint = endpoint
        self._timeout = aiohttp.ClientTimeout(
            total=connect_timeout + read_timeout,
            sock_connect=connect_timeout,
            sock_read=read_timeout,
        )
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="posts", daemon=True)
        self._thread.start()
        begun = asyncio.run_coroutine_threadsafe(self._begin(connections), self._loop)
        self._session = begun.result()

    async def _begin(self, connections: int) -> aiohttp.ClientSession:
        secure = self._endpoint.url.startswith("https:")
        tls = ssl.create_default_context(cafile=self._endpoint.ca_bundle) if secure else False
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, ssl=tls),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_UNASKED,
        )

    def send(self, posts: Sequence[Post]) -> list[Answer | boto.BotoCoreError]:
        """Each once, side by side; to each its answer, or why there is none."""
        return asyncio.run_coroutine_threadsafe(self._all(posts), self._loop).result()

    async def _all(self, posts: Sequence[Post]) -> list[Answer | boto.BotoCoreError]:
        return await asyncio.gather(*map(self._one, posts))

    async def _one(self, post: Post) -> Answer | boto.BotoCoreError:
        try:
            async with self._session.post(
                self._endpoint.url,
                data=post.body,
                headers=post.headers,
                proxy=self._endpoint.proxy,
                allow_redirects=False,
            ) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientError, OSError) as error:
            return self._failure(error)

    def _failure(self, error: Exception) -> boto.BotoCoreError:
        if isinstance(error, _OF_A_PROXY):
            masked = mask_proxy_url(self._endpoint.proxy or "")
            return boto.ProxyConnectionError(proxy_url=masked, error=error)
        made = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
        return made(endpoint_url=self._endpoint.url, error=error)

    def close(self) -> None:
        """After the last call: let go of the connections, and end the thread."""
        asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
