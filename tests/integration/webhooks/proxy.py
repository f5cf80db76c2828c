"""A real HTTP proxy on loopback, as a script of `endpoint.serve`."""

import select
import socket

from tests.integration.webhooks.endpoint import Connection, Script


def proxy(port: int, asked: list[bytes]) -> Script:
    """Make a proxy for which every name is one port of this machine."""

    def script(connection: Connection) -> None:
        head = head_of(connection)
        asked.append(head)
        with socket.create_connection(("127.0.0.1", port)) as target:
            if head.startswith(b"CONNECT "):
                connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                target.sendall(head)
            pump(connection.sock, target)

    return script


def refusing(answer: bytes) -> Script:
    def script(connection: Connection) -> None:
        head_of(connection)
        connection.send(answer)

    return script


def head_of(connection: Connection) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.sock.recv(65536) or b"\r\n\r\n"
    return head


def pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)
