"""What the proxy does to a connection, seen from both of its ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import Proxy, proxies

PATIENCE = 0.2
"""Seconds after which nothing is taken to come."""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def converse(peer: socket.socket) -> None:
            with suppress(OSError), peer:
                while data := peer.recv(100):
                    peer.sendall(data)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    threading.Thread(target=converse, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with proxies(7, echo=echo) as made:
        yield made["echo"]


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def says(peer: socket.socket, word: bytes) -> bytes:
    """What comes back; empty where nothing does."""
    peer.sendall(word)
    peer.settimeout(PATIENCE)
    try:
        return peer.recv(100)
    except TimeoutError:
        return b""


def test_healthy_it_passes_everything(proxy: Proxy) -> None:
    with connect(proxy) as peer:
        assert says(peer, b"one") == b"one"
        assert says(peer, b"two") == b"two"


def test_half_open_it_accepts_and_passes_nothing(proxy: Proxy) -> None:
    proxy.trouble(half_open=True)

    with connect(proxy) as peer:
        assert says(peer, b"one") == b""


def test_a_swallowed_reply_silences_its_connection_and_no_other(proxy: Proxy) -> None:
    proxy.trouble(swallow=1)
    with connect(proxy) as first:
        assert says(first, b"one") == b""
        proxy.trouble()

        assert says(first, b"two") == b""
        with connect(proxy) as second:
            assert says(second, b"one") == b"one"
    assert proxy.swallowed == 1


def test_a_reset_is_felt_as_one(proxy: Proxy) -> None:
    with connect(proxy) as peer:
        assert says(peer, b"one") == b"one"
        proxy.reset()

        with pytest.raises(ConnectionResetError):
            peer.recv(100)


def test_down_it_refuses_and_up_it_serves_at_the_same_port(proxy: Proxy) -> None:
    proxy.down()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)

    proxy.up()

    with connect(proxy) as peer:
        assert says(peer, b"one") == b"one"
