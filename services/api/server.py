"""uvicorn as Postroom runs it."""

from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from common import ids
from common.settings import Settings
from services.api.problems import Problem, render

_DRAIN_SECONDS: Final = 8
"""How long requests that have begun may go on; the whole stop takes 10 s at most."""
_IDLE_SECONDS: Final = 75
"""Longer than a load balancer keeps a connection (60 s, AWS): it must be the one who closes."""


class Protocol(HttpToolsProtocol):
    """What is not HTTP is answered as every other error is; it never gets to the application."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, in English
        """Answer and close: where the next request begins is not known."""
        request_id = ids.encode(ids.REQUEST, ids.new())
        problem = Problem(400, "invalid_http", "This is not an HTTP request that can be read.")
        response = render(problem, "/", request_id)
        head = [*response.raw_headers, (b"x-request-id", request_id.encode())]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        start = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"
        self.transport.write(start + lines + b"\r\n" + bytes(response.body))
        self.transport.close()


def configured(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    """For `uvicorn.Server`."""
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
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
