"""The API as it is served: uvicorn on a port of its own."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx

from common import logs
from common.db import OF_THE_API, Patience
from common.settings import Settings
from services.api.app import create
from services.api.server import Server
from tests.waiting import eventually

MakeOrganization = Callable[..., "Organization"]
ClientOf = Callable[[str], httpx.Client]


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with its first key."""

    id: UUID
    key: str


@contextmanager
def served(settings: Settings, patience: Patience = OF_THE_API) -> Iterator[str]:
    """The base URL of an API with these settings."""
    logs.configure(settings, "api")
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(settings, create(settings, patience), drain=0)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive())
        yield "http://{}:{}".format(*listening.getsockname())
    finally:
        server.should_exit = True
        thread.join(10)
