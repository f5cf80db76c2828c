"""Names and addresses of a public internet that is one port of this machine."""

import errno
import socket
from collections.abc import Sequence

from aiohttp.connector import AddrInfoType

from services.webhooks.egress import Network

NAME = "hooks.example.com"
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "2606:4700::1111"


class Town:
    """Names answer as told, and every address that is connected to is one endpoint of the test."""

    def __init__(self, *answers: Sequence[str], port: int = 0, deaf: Sequence[str] = ()) -> None:
        self.answers, self.port, self.deaf = list(answers), port, deaf
        self.asked: list[str] = []
        self.opened: list[str] = []

    def resolve(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.answers.pop(0)

    def open(self, info: AddrInfoType) -> socket.socket:
        address = str(info[4][0])
        self.opened.append(address)
        if address in self.deaf:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "deaf")
        return Led(self.port)

    def network(self) -> Network:
        return Network(self.resolve, self.open)


class Led(socket.socket):
    """A socket that goes to a port of this machine, wherever it is sent."""

    def __init__(self, port: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self._port = port

    def connect(self, address: object) -> None:  # noqa: ARG002
        super().connect(("127.0.0.1", self._port))
