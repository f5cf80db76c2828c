"""One attempt: POST a webhook and bring home what the endpoint said, whatever it does.

It stands on httpcore, the floor below httpx: what `httpx.Client` adds is what must be off here
(redirects, cookies kept between tenants, proxies of the environment, decompression, a log line with
the URL, which may hold a token), and `httpx.HTTPTransport` has no public way to hand in a network
backend. `httpx` reads the URL, and brings the certificates.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore
import httpx

from services.webhooks.egress import Forbidden, GuardedBackend, Network, parse_url
from services.webhooks.wire import INVALID, Attempt, Failed, Lost, attempt

USER_AGENT = "Postroom/0.1"
EXCERPT_BYTES = 4096
LONGEST_RETRY_AFTER_CHARACTERS = 128

# Said of a forbidden URL and of every forbidden address alike: a tenant that points a name at our
# network learns nothing of what is there, for nothing was asked.
FORBIDDEN = "forbidden address"

# Below the 5 s after which Node, the shortest of the common servers, closes an idle connection.
KEEPALIVE_SECONDS = 4.0
# httpcore counts busy connections too, and looks at each idle one, under its lock, at each request.
MOST_KEPT = 128


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or the error for which there is none; never both.

    `error` is a word of `wire` and `names`, or `FORBIDDEN`, and may be shown to the tenant.
    `excerpt` is the start of the body, raw: not decompressed, and without NUL (Postgres has none).
    """

    status: int | None
    error: str | None
    excerpt: str
    latency_ms: int
    retry_after: str | None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's 2xx


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    excerpt: bytes
    retry_after: str | None


class WebhookClient:
    """Shared by all worker threads; each `post` runs in its caller's thread.

    The number of connections is not limited here: each thread has one at most, and a limit would
    let slow endpoints keep others waiting for a place in the pool.
    """

    def __init__(
        self,
        timeout_seconds: float = 15,
        allow_private: bool = False,
        *,
        network: Network | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._allow_private = allow_private
        backend = GuardedBackend(allow_private, network)
        context = tls or httpx.create_ssl_context(trust_env=False)
        self._kept = _pool(backend, context, MOST_KEPT)
        self._fresh = _pool(backend, context, 0)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` to `url`; never raises for what an endpoint or the network does.

        TypeError for headers that are not ASCII, httpcore.LocalProtocolError for broken ones.
        """
        began = time.monotonic()
        reply, error = None, None
        with attempt(self._timeout_seconds) as current:
            try:
                reply = self._exchange(
                    _request(parse_url(url, self._allow_private), body, headers), current
                )
            except Forbidden:
                error = FORBIDDEN
            except Failed as failed:
                error = str(failed)
            except httpcore.RemoteProtocolError:
                error = INVALID
        latency_ms = round((time.monotonic() - began) * 1000)
        if reply is None:
            return Answer(None, error, "", latency_ms, None)
        excerpt = reply.excerpt.decode("utf-8", "replace").replace("\0", "")
        return Answer(reply.status, None, excerpt, latency_ms, reply.retry_after)

    def close(self) -> None:
        self._kept.close()
        self._fresh.close()

    def _exchange(self, request: httpcore.Request, current: Attempt) -> _Reply:
        try:
            return _read(self._kept.handle_request(request))
        except Lost:
            # A kept connection that its peer closed while our request was under way says nothing of
            # the endpoint. Should the request have been processed all the same, it comes twice with
            # one `webhook-id`: webhooks are at-least-once. A connection of our own is the answer.
            if current.connected or current.received:
                raise
        return _read(self._fresh.handle_request(request))


def _pool(
    backend: GuardedBackend, context: ssl.SSLContext, most_kept: int
) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=most_kept,
        keepalive_expiry=KEEPALIVE_SECONDS,
        network_backend=backend,
    )


def _request(url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> httpcore.Request:
    own = {
        "host": url.netloc.decode("ascii"),
        "content-length": str(len(body)),
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
    }
    given = {name.lower(): value for name, value in headers.items()}
    return httpcore.Request(
        "POST",
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=list((own | given | own).items()),  # ours stand first, and win
        content=body,
    )


def _read(response: httpcore.Response) -> _Reply:
    excerpt = bytearray()
    try:
        for chunk in response.iter_stream():
            excerpt += chunk
            if len(excerpt) >= EXCERPT_BYTES:
                break
    except (Failed, httpcore.RemoteProtocolError):
        # The status is the verdict; the body is a souvenir. An endpoint that said 200 and then
        # dripped, fell silent or hung up has the webhook, and a retry would only repeat it.
        pass
    finally:
        response.close()
    return _Reply(response.status, bytes(excerpt[:EXCERPT_BYTES]), _retry_after(response.headers))


def _retry_after(headers: list[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name.lower() == b"retry-after":
            return value.decode("ascii", "replace")[:LONGEST_RETRY_AFTER_CHARACTERS]
    return None
