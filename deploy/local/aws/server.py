"""uvicorn with three differences: connections that can be reset, quiet, and an exit code of 0.

Why uvicorn and not werkzeug's threaded server, which moto brings: that one closes each connection
after its answer and then waits 10 ms on it, so every call of boto3 would connect anew.
"""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from deploy.local.aws.connection import BreakableProtocol

# Longer than any client keeps an idle connection: a server that closes first, just as the client
# sends, makes a broken send out of nothing, and would be counted as a fault nobody asked for.
KEEP_ALIVE_SECONDS = 3600
# Errors to uvicorn, a day's work here: callers that die, and requests cut off at the end.
EXPECTED = (asyncio.CancelledError, ClientDisconnect)


def _is_news(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], EXPECTED):
        return False
    return "timeout graceful shutdown exceeded" not in record.getMessage()


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        print(f"aws double: http://{host}:{port}", flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again at the end, and dies of it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Returns after SIGTERM or SIGINT; what hangs or polls then is cut off."""
    config = uvicorn.Config(
        app,
        host,
        port,
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=0,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    _Server(config).run()
