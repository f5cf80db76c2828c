"""A real HTTP endpoint on loopback that does what a test tells it to, however rude.

A script is a function of one connection. It may wait on `connection.over`, which is set when the
test is done, so that rude servers end with their test.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HEADERS = {"content-type": "application/json", "webhook-id": "evt_1"}
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(slots=True)
class Connection:
    sock: socket.socket
    number: int  # of the connection, from 1
    over: threading.Event
    requests: list[bytes]

    def read(self) -> bytes:
        """Read one whole request and note it; ConnectionError at the end of the connection."""
        request = b""
        while b"\r\n\r\n" not in request:
            request += self._receive()
        head = request.split(b"\r\n\r\n")[0].lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(request) < len(head) + 4 + length:
            request += self._receive()
        self.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes) -> None:
        """Send one byte every 50 ms, over and over, until the client or the test is gone."""
        while True:
            for byte in data:
                self.send(bytes([byte]))
                if self.over.wait(0.05):
                    return

    def reset(self) -> None:
        """Close with RST in place of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _receive(self) -> bytes:
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionResetError
        return data


Script = Callable[[Connection], None]


@dataclass(slots=True)
class Endpoint:
    port: int
    visits: int = 0  # connections
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def silent(connection: Connection) -> None:
    connection.over.wait()


def answering(answer: bytes) -> Script:
    """Make a script that gives every request the same answer, and keeps the connection."""

    def script(connection: Connection) -> None:
        while True:
            connection.read()
            connection.send(answer)

    return script


@contextmanager
def serve(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    over = threading.Event()
    threads: list[threading.Thread] = []
    peers: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        endpoint = Endpoint(listener.getsockname()[1])

        def converse(sock: socket.socket, number: int) -> None:
            with suppress(OSError), sock:
                sock.settimeout(10)
                peer = tls.wrap_socket(sock, server_side=True) if tls else sock
                peers.append(peer)
                with peer:
                    script(Connection(peer, number, over, endpoint.requests))

        def accept() -> None:
            with suppress(OSError):
                while not over.is_set():
                    sock, _ = listener.accept()
                    if over.is_set():
                        sock.close()
                        return
                    endpoint.visits += 1
                    start(converse, sock, endpoint.visits)

        def start(work: Callable[..., None], *args: object) -> None:
            threads.append(threading.Thread(target=work, args=args))
            threads[-1].start()

        start(accept)
        try:
            yield endpoint
        finally:
            over.set()
            _wake(endpoint.port, peers)
            for thread in threads:
                thread.join()


def _wake(port: int, peers: list[socket.socket]) -> None:
    """End what a server waits for: the next connection, and the next request of a kept one."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        pass
    for peer in peers:
        with suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)
