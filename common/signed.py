"""POSTs to one service of AWS, as they are made thousands of times a second: signed, over urllib3.

A call by boto3 takes several times as much CPU (docs/performance.md). Endpoint, region,
credentials, certificates and proxies are those that boto3 finds, and what fails raises its errors.
Nothing is tried again, as in `common/aws.py`.
"""

import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import urllib3
from botocore import exceptions as boto
from botocore.httpsession import mask_proxy_url
from urllib3.connection import HTTPConnection

from common import aws
from common.endpoints import Endpoint
from common.settings import Settings

Answer = urllib3.BaseHTTPResponse
"""Of any status, read to its end."""
Body = Iterable[bytes]
"""In pieces, which are made anew each time that it is read: to be signed, and to be sent."""

_KEEP_ALIVE: Final = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
# The first that fits; each takes the URL and what urllib3 said.
_ERRORS: Final = (
    (urllib3.exceptions.NewConnectionError, boto.EndpointConnectionError),
    (urllib3.exceptions.ConnectTimeoutError, boto.ConnectTimeoutError),
    (urllib3.exceptions.ReadTimeoutError, boto.ReadTimeoutError),
    (urllib3.exceptions.SSLError, boto.SSLError),
    (urllib3.exceptions.HTTPError, boto.ConnectionClosedError),
)


class Signed:
    """Safe to share between threads."""

    def __init__(  # noqa: PLR0913 - as `aws.client`
        self,
        settings: Settings,
        service: aws.Service,
        path: str = "",
        *,
        connect_timeout: float = 3.0,
        read_timeout: float = 20.0,
        connections: int = 10,
    ) -> None:
        """At most `connections` calls at one time; timeouts in seconds. A call takes no longer than
        both together, but for one piece of its body.
        """
        self._endpoint = Endpoint.of(settings, service, path)
        self.url = self._endpoint.url
        self._read_timeout = read_timeout
        self._http = _pool(
            self._endpoint,
            timeout=urllib3.Timeout(
                connect=connect_timeout, read=read_timeout, total=connect_timeout + read_timeout
            ),
            maxsize=connections,
            block=True,
        )

    def sign(self, headers: Mapping[str, str], body: Body) -> dict[str, str]:
        """The headers of a POST. Raises BotoCoreError where there are no credentials."""
        return self._endpoint.sign(headers, body)

    def send(self, signed: Mapping[str, str], body: Body) -> Answer:
        """Once. Raises BotoCoreError where there is no answer."""
        pieces = _in_time(body, self._read_timeout)
        try:
            return self._http.request(
                "POST", self.url, body=pieces, headers=signed, retries=False, redirect=False
            )
        except urllib3.exceptions.ProxyError as error:
            raise boto.ProxyConnectionError(
                proxy_url=mask_proxy_url(self._endpoint.proxy or ""), error=error
            ) from error
        except urllib3.exceptions.HTTPError as error:
            made = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
            raise made(endpoint_url=self.url, error=error) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._http.clear()


def _in_time(body: Body, seconds: float) -> Iterator[bytes]:
    """TimeoutError where it takes longer from the first piece to the last: a socket's own timeout
    is for each piece alone.
    """
    until = time.monotonic() + seconds
    for piece in body:
        if time.monotonic() > until:
            raise TimeoutError("nobody takes the request")
        yield piece


def _pool(endpoint: Endpoint, **options: Any) -> urllib3.PoolManager:
    """As botocore's."""
    options |= {
        "socket_options": [*HTTPConnection.default_socket_options, _KEEP_ALIVE],
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": endpoint.ca_bundle,
    }
    if endpoint.proxy is None:
        return urllib3.PoolManager(**options)
    auth = urllib3.util.parse_url(endpoint.proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
    return urllib3.ProxyManager(endpoint.proxy, proxy_headers=headers, **options)
