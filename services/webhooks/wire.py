"""One attempt on the wire: a socket that keeps the deadline of the whole attempt.

httpx and httpcore time each operation by itself: a server that sends one byte every half second
held a call with `timeout=1.0` for 7 seconds (measured). Here every operation gets what is left of
the attempt, and nothing when nothing is left.

The attempt is carried in a context variable. httpcore runs an exchange in the thread that asked
for it, so all that a thread does on a socket, pooled or new, belongs to the attempt of this thread;
a pooled connection changes hands without taking a deadline along, and an operation outside any
attempt fails at once instead of waiting for ever. (`extensions` of a request do not reach a stream:
httpcore hands it one number for each operation.)

    Failed      the attempt is over; its text is a word that the tenant may read
    └── Lost    the peer hung up; on a reused connection that says nothing about the endpoint
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import httpcore

T = TypeVar("T")

TIMEOUT = "timeout"
REFUSED = "connection refused"
RESET = "connection reset"
CLOSED = "connection closed"
UNREACHABLE = "unreachable"
INVALID = "invalid answer"

# The head of an answer may have 100 KiB (h11) and 4 KiB of the body are kept; what is more than
# this is a flood, such as `100 Continue` without end, that costs us time and never becomes one.
LONGEST_ANSWER_BYTES = 256 * 1024

# OpenSSL's X509_V_ERR_* numbers (x509_vfy.h), as words: its own texts change with its versions.
_CERTIFICATE_FAULTS = {
    9: "certificate not yet valid",
    10: "certificate expired",
    18: "self-signed certificate",
    19: "self-signed certificate",
    20: "unknown issuer",
    21: "unknown issuer",
    62: "certificate for another name",
    64: "certificate for another name",
}


class Failed(Exception):  # noqa: N818 - named by what it means for the attempt
    """The attempt is over; the text is a word of the vocabulary above."""


class Lost(Failed):
    """The peer closed or reset the connection before it answered."""


@dataclass(slots=True)
class Attempt:
    """What the sockets know of the attempt that uses them now."""

    ends: float
    connected: bool = False
    received: int = 0

    def remaining(self) -> float:
        """Return the seconds left, always more than 0 (0 makes a socket non-blocking)."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Failed(TIMEOUT)
        return left


_current: ContextVar[Attempt] = ContextVar("attempt")


def current() -> Attempt:
    """Return the attempt of this thread; LookupError where there is none."""
    return _current.get()


@contextmanager
def attempt(seconds: float) -> Iterator[Attempt]:
    """Bind all that this thread does on the wire inside to one deadline."""
    begun = Attempt(time.monotonic() + seconds)
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)


def failure(error: OSError) -> Failed:
    """Put an error of the system into the vocabulary, without what the system said."""
    match error:
        case ssl.SSLCertVerificationError():
            fault = _CERTIFICATE_FAULTS.get(error.verify_code, "certificate not trusted")
            return Failed(f"tls failure: {fault}")
        case ssl.SSLError():
            return Failed("tls failure: handshake failed")
        case TimeoutError():
            return Failed(TIMEOUT)
        case ConnectionRefusedError():
            return Failed(REFUSED)
        case ConnectionError():
            return Lost(RESET)
        case _:
            return Failed(UNREACHABLE)


class Wire(httpcore.NetworkStream):
    """A connected socket; each operation ends by the deadline of the current attempt."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data = self._timed(partial(self._sock.recv, max_bytes))
        now = current()
        now.received += len(data)
        if not now.received:
            raise Lost(CLOSED)
        if now.received > LONGEST_ANSWER_BYTES:
            raise Failed(INVALID)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        try:
            # `send` and the time left, not `sendall`: a peer that reads a byte now and then makes
            # each call short and all of them long.
            while view:
                view = view[self._timed(partial(self._sock.send, view)) :]
        except Lost as lost:
            # httpcore then looks for an answer: a server may refuse a body before reading it all.
            raise httpcore.WriteError(str(lost)) from lost

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> "Wire":
        try:
            wrapped = self._timed(
                partial(ssl_context.wrap_socket, self._sock, server_hostname=server_hostname)
            )
        except BaseException:
            self.close()
            raise
        return Wire(wrapped)

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return self._is_readable()
        return None

    def _timed(self, operation: Callable[[], T]) -> T:
        self._sock.settimeout(current().remaining())
        try:
            return operation()
        except OSError as error:
            raise failure(error) from error

    def _is_readable(self) -> bool:
        """Say whether an idle connection has something to read: that can only be its end."""
        if self._sock.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(0))
