"""uvicorn as Postroom runs it, and how it stops: without losing a request.

On SIGTERM, in this order:

    drain    /readyz says 503 and each answer closes its connection; whoever connects is served. For
             a second, or until no request has come for one: an idle process stops at once
    close    nobody is listened to any more; who has connected by then is still served
    finish   connections without a request are closed, requests that have begun are answered
"""

import asyncio
import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from common import ids
from common.settings import Settings
from services.api.problems import Problem, render
from services.api.wire import Gathering

DRAIN_SECONDS: Final = 1.0
_FINISH_SECONDS: Final = 7
"""How long requests that have begun may go on; the whole stop takes 10 s at most."""
_FIRST_SECONDS: Final = 0.5
"""How long the first request of a connection may take to come, when the process stops."""
_STEP_SECONDS: Final = 0.02
_IDLE_SECONDS: Final = 75
"""Longer than a load balancer keeps a connection (60 s, AWS): it must be the one who closes."""


class State(ServerState):
    """What the connections of one server share."""

    def __init__(self) -> None:
        super().__init__()
        self.stopping = False
        self.asked_at = -DRAIN_SECONDS
        """When the last request came, by the event loop's clock."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    server_state: State
    _reading = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """What is written is gathered."""
        super().connection_made(cast("asyncio.Transport", Gathering(transport, self.loop)))

    def on_message_begin(self) -> None:
        """A request begins to come."""
        self._reading = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request is known; while the process stops it is the last one of its connection."""
        self._reading = False
        self.server_state.asked_at = self.loop.time()
        super().on_headers_complete()
        if self.server_state.stopping:
            self.cycle.keep_alive = False

    def is_fresh(self) -> bool:
        """Whether nothing has been asked here yet."""
        return self.cycle is None

    def drain(self) -> None:
        """The request under way is the last one."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Close what is idle. A request that is here, or begins to be, is answered first."""
        idle = self.cycle is None or self.cycle.response_complete
        if not (idle and (self._reading or self._has_unread())):
            super().shutdown()

    def _has_unread(self) -> bool:
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, in English
        """What is not HTTP is answered as every other error is; it never gets to the application.
        Answer and close: where the next request begins is not known.
        """
        request_id = ids.encode(ids.REQUEST, ids.new())
        problem = Problem(400, "invalid_http", "This is not an HTTP request that can be read.")
        response = render(problem, "/", request_id)
        head = [*response.raw_headers, (b"x-request-id", request_id.encode())]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        start = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"
        self.transport.write(start + lines + b"\r\n" + bytes(response.body))
        self.transport.close()


class Server(uvicorn.Server):
    """One process of the API. `drain`: seconds."""

    server_state: State

    def __init__(self, settings: Settings, app: FastAPI, drain: float = DRAIN_SECONDS) -> None:
        super().__init__(_configured(settings, app))
        self.server_state = State()
        self._application = app.state
        self._drain_seconds = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As above."""
        self.server_state.stopping = True
        self._application.stopping.set()
        for connection in self._connections():
            connection.drain()
        await self._drain()
        for accepted in self._close():
            await self._take_in(accepted)
        await self._until(
            lambda: not any(one.is_fresh() for one in self._connections()), _FIRST_SECONDS
        )
        await super().shutdown(sockets)

    def _connections(self) -> list[Protocol]:
        return cast("list[Protocol]", list(self.server_state.connections))

    async def _drain(self) -> None:
        loop, state = asyncio.get_running_loop(), self.server_state
        await self._until(
            lambda: loop.time() - state.asked_at >= self._drain_seconds, self._drain_seconds
        )

    def _close(self) -> list[socket.socket]:
        """Stop listening; those who have connected up to this moment, and would be cut off by it.

        The kernel connects people before this process hears of them. So the queue is emptied here,
        in one go with the end of listening: between the two lie microseconds, not a turn of the
        event loop.
        """
        found: list[socket.socket] = []
        for server in self.servers:
            doors = [socket.socket(fileno=os.dup(one.fileno())) for one in server.sockets]
            server.close()
            for door in doors:
                door.setblocking(False)
                with door, suppress(OSError):
                    while True:
                        found.append(door.accept()[0])
        return found

    async def _take_in(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)

        def protocol() -> Protocol:
            return Protocol(self.config, self.server_state, self.lifespan.state)

        with suppress(OSError):  # it may have hung up
            await asyncio.get_running_loop().connect_accepted_socket(protocol, accepted)

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        for _ in range(round(seconds / _STEP_SECONDS)):
            if is_so() or self.force_exit:
                return
            await asyncio.sleep(_STEP_SECONDS)


def _configured(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,  # ours is configured; uvicorn's own would add a second format
        access_log=False,  # the edge writes one line for each request
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
