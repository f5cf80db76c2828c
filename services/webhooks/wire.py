"""What aiohttp's connections must know of the attempt that uses them, and do for it.

The attempt is carried in a context variable: aiohttp runs an exchange in the task that asked for
it, and hands nothing of ours to its resolver, its sockets and its protocols. `Connector` and `Peer`
reach into three things of aiohttp that have no public name (`_factory`, `_release`, `_conns`), and
`exchange.py` speaks with its protocol without its session; test_wire.py and test_reuse.py fail
where they are gone.
"""

import asyncio
import ssl
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiohttp import ClientConnectionResetError, TCPConnector
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import SocketFactoryType
from aiohttp.http import HttpProcessingError

from services.webhooks.failures import TIMEOUT

# The head of an answer, with all `100 Continue` before it. What is more than this is a flood, that
# costs the loop time and never becomes an answer.
LONGEST_HEAD_BYTES: Final = 256 * 1024
# Below the 5 s after which Node, the shortest of the common servers, closes an idle connection.
KEEPALIVE_SECONDS: Final = 4.0
# Of these endpoints connections are kept. More would reach the limit of open files of a process.
MOST_KEPT: Final = 512


@dataclass(slots=True)
class Attempt:
    """One call of an endpoint, as its connections see it."""

    fresh: bool = False  # it wanted a new connection
    addresses: deque[str] | None = None  # of a new connection: those that are not tried yet
    made: int = 0  # connections: through a proxy, the one to it and the one in its tunnel
    received: int = 0
    answered: bool = False
    overdue: str = TIMEOUT  # what it means if the deadline comes now


_current: ContextVar[Attempt] = ContextVar("attempt")


def begin() -> Attempt:
    """Make an attempt, the current one of this task."""
    begun = Attempt()
    _current.set(begun)
    return begun


def current() -> Attempt:
    """Return the attempt of this task; LookupError where there is none."""
    return _current.get()


class Peer(ResponseHandler):
    """One connection, lent to one attempt after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.attempt: Attempt | None = current()
        self.attempt.made += 1

    def set_response_params(self, **params: Any) -> None:
        """Is called as an exchange begins."""
        self.attempt = current()
        super().set_response_params(**params)

    def write(self, data: bytes) -> None:
        """As aiohttp's writer, which fails so where the connection has ended meanwhile."""
        if self.transport is None or self.transport.is_closing():
            raise ClientConnectionResetError("the connection has ended")
        self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Bytes that nobody asked for are no answer to the next request; too many are none."""
        if not data:  # aiohttp reminds its parser of what it has
            super().data_received(data)
            return
        if self.attempt is None:
            self.abort()
            return
        if self.attempt.received > LONGEST_HEAD_BYTES and not self.attempt.answered:
            self.abort()
            self.set_exception(HttpProcessingError(message="a head without end"))
            return
        self.attempt.received += len(data)
        super().data_received(data)

    def close(self) -> None:
        """At once. aiohttp's waits until the peer has read all and, for TLS, has said good-bye:
        one that does neither would keep a socket and a body of ours after its deadline.
        """
        self.abort()


def _peer(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return Peer(loop)


class Connector(TCPConnector):
    """The connections to all endpoints, and how a new one is opened.

    Their number is not limited here: a limit would let slow endpoints keep others waiting.
    """

    def __init__(
        self,
        resolver: AbstractResolver,
        open_socket: SocketFactoryType,
        tls: ssl.SSLContext,
        *,
        keep: bool,
    ) -> None:
        super().__init__(
            resolver=resolver,
            socket_factory=open_socket,
            ssl=tls,
            use_dns_cache=False,
            happy_eyeballs_delay=None,  # the resolver gives one address at a time
            limit=0,
            **({"keepalive_timeout": KEEPALIVE_SECONDS} if keep else {"force_close": True}),
        )
        self._factory = partial(_peer, self._loop)

    def _release(
        self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False
    ) -> None:
        if isinstance(protocol, Peer):
            protocol.attempt = None
        many = len(self._conns) >= MOST_KEPT and key not in self._conns
        super()._release(key, protocol, should_close=should_close or many)
