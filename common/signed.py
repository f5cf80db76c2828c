"""POSTs to one service of AWS, as they are made thousands of times a second: signed, over aiohttp.

A call by boto3 takes several times as much CPU, and a thread for each call hands over and waits for
the interpreter (docs/performance.md). Endpoint, region, credentials, certificates and proxies are
those that boto3 finds (`endpoint.py`), and what fails raises its errors. Nothing is tried again, as
in `common/aws.py`.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from botocore import exceptions as boto
from botocore.httpsession import mask_proxy_url
from yarl import URL

from common.endpoint import Body, Endpoint

# Connections that nobody uses are closed before a server does so: a request that is on its way
# just then may have been taken, and may not.
_IDLE_SECONDS: Final = 15.0
_LATE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Of any status, read to its end."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Signed:
    """For the tasks of one event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connect_timeout: float = 3.0,
        read_timeout: float = 20.0,
        connections: int = 10,
    ) -> None:
        """In the running loop. At most `connections` calls at one time; timeouts in seconds. A call
        takes no longer than both together.
        """
        self._endpoint = endpoint
        self._url = URL(endpoint.url, encoded=True)
        # Who was stopped for longer than all deadlines hears of them first when it goes on. Where
        # nothing was written by then, they say nothing of AWS: it is tried once more.
        self._standstill = connect_timeout + read_timeout + _LATE_SECONDS
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections,
                ssl=_trust(endpoint),
                keepalive_timeout=_IDLE_SECONDS,
            ),
            timeout=aiohttp.ClientTimeout(
                total=connect_timeout + read_timeout,
                connect=connect_timeout,
                sock_read=read_timeout,
            ),
            proxy=endpoint.proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=["accept", "accept-encoding"],
            trust_env=False,
        )

    async def sign(self, headers: Mapping[str, str], body: Body) -> dict[str, str]:
        """The headers of a POST. Raises BotoCoreError where there are no credentials."""
        if self._endpoint.must_renew or not isinstance(body, list):
            return await asyncio.to_thread(self._endpoint.sign, headers, body)
        return self._endpoint.sign(headers, body)

    async def send(self, signed: Mapping[str, str], body: Body) -> Answer:
        """Once. Raises BotoCoreError where there is no answer; which one tells whether anything of
        the request was written.
        """
        began = time.monotonic()
        try:
            return await self._send(signed, body)
        except boto.ConnectTimeoutError:
            if time.monotonic() - began < self._standstill:
                raise
            return await self._send(signed, body)

    async def _send(self, signed: Mapping[str, str], body: Body) -> Answer:
        payload = _Payload(body, int(signed["content-length"]))
        try:
            async with self._session.post(
                self._url, data=payload, headers=signed, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
            raise boto.ProxyConnectionError(
                proxy_url=mask_proxy_url(self._endpoint.proxy or ""), error=error
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            made = _written(error) if payload.is_begun else _unwritten(error)
            raise made(endpoint_url=self._endpoint.url, error=error) from error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()


def _trust(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """As botocore's."""
    if not endpoint.url.startswith("https:"):
        return True
    return ssl.create_default_context(cafile=endpoint.ca_bundle)


class _Payload(Payload):
    """A body, of which one piece is held at a time. `is_begun`: aiohttp has asked for it.

    That, and not the kind of an error, tells whether anything was written.
    """

    def __init__(self, body: Body, size: int) -> None:
        super().__init__(body)
        self._size = size
        self.is_begun = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 - aiohttp's
        """For logs of aiohttp's that nobody asks for."""
        raise TypeError("a body in pieces is not read as text")

    async def write(self, writer: AbstractStreamWriter) -> None:
        """As fast as it is taken."""
        self.is_begun = True
        for piece in self._value:
            await writer.write(piece)


def _unwritten(error: Exception) -> type[boto.BotoCoreError]:
    if isinstance(error, aiohttp.ClientSSLError):
        return boto.SSLError
    is_late = isinstance(error, TimeoutError)
    return boto.ConnectTimeoutError if is_late else boto.EndpointConnectionError


def _written(error: Exception) -> type[boto.BotoCoreError]:
    is_late = isinstance(error, TimeoutError)
    return boto.ReadTimeoutError if is_late else boto.ConnectionClosedError
