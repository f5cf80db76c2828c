"""The outermost door: what is true of every request, before any route is known.

A request id in and out; a cap on the body, counted as the bytes arrive, since Content-Length may
lie or be absent; no compressed bodies (a small one can become a huge one); every exception an
answer; one line in the log for each request, with no path, query, header or body in it.
"""

import asyncio
import re
import time
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common import ids, logs
from services.api import problems, traffic
from services.api.problems import Problem

_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

log = logs.get(__name__)


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._max_body_bytes)
        # Never taken back: uvicorn runs each request in a task, so in a context, of its own.
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        try:
            await exchange.run(self._app)
        finally:
            exchange.log_outcome()


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._most = most
        self._began = time.perf_counter()
        self._received = 0
        self._status: int | None = None
        self._head: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of two the first
        self.request_id = _request_id(self._head.get(b"x-request-id", b""))
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._state["request_id"] = self.request_id
        self._state["organization_id"] = None
        self._state["outcome"] = ("request.answered", {})

    async def run(self, app: ASGIApp) -> None:
        """Every exception becomes an answer, while there is still none."""
        try:
            self._check_head()
            await app(self._scope, self.receive, self.send)
        except (Exception, asyncio.CancelledError) as error:
            if self._status is not None:
                raise  # half an answer is out: the connection must break, not look complete
            problem = problems.from_error(error)
            if problem.status >= 500:  # noqa: PLR2004 - the server's own faults
                log.exception("request.failed", code=problem.code)
            response = problems.render(problem, problems.path_in(self._scope), self.request_id)
            await response(self._scope, self.receive, self.send)

    def _check_head(self) -> None:
        encoding = self._head.get(b"content-encoding", b"identity")
        if encoding.strip().lower() != b"identity":
            words = "A body must come as it is, without a Content-Encoding."
            raise Problem(415, "unsupported_content_encoding", words)

    async def receive(self) -> Message:
        """The next piece of the body, as long as all of them together are not too many bytes. A
        length that is announced is judged before the first, but not before a route is known: some
        have headers for each of their answers.
        """
        length = self._head.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self._most:
            raise self._too_large()
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self._most:
            raise self._too_large()
        return message

    def _too_large(self) -> Problem:
        return Problem(
            413, "message_too_large", f"A request has at most {self._most} bytes of body."
        )

    async def send(self, message: Message) -> None:
        """The answer, with its request id."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    def log_outcome(self) -> None:
        """Route template, not path. A route may give the line a name and ids of its own."""
        route = getattr(self._scope.get("route"), "path", None)
        if route in _QUIET and self._status == 200:  # noqa: PLR2004
            return
        seconds = time.perf_counter() - self._began
        traffic.count(route, self._scope["method"], self._status, seconds)
        organization_id = self._state["organization_id"]
        outcome, ids_of_it = self._state["outcome"]
        log.info(
            outcome,
            method=self._scope["method"],
            route=route,
            status=self._status,
            ms=round(seconds * 1000, 1),
            organization_id=organization_id and ids.encode(ids.ORGANIZATION, organization_id),
            **ids_of_it,
        )


def _request_id(given: bytes) -> str:
    if _SANE_ID.fullmatch(given):
        return given.decode()
    return ids.encode(ids.REQUEST, ids.new())
