"""Endpoints that do not behave: each attempt ends in time, with a word that a tenant may read."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

import pytest

from services.webhooks.client import Answer
from services.webhooks.egress import Network
from tests.integration.webhooks.calling import Caller, calling
from tests.integration.webhooks.endpoint import (
    ANSWER,
    HEADERS,
    Connection,
    Script,
    answering,
    serve,
    silent,
)

SECONDS = 0.3
MEGABYTE = bytes(1024 * 1024)


@pytest.fixture
def client() -> Iterator[Caller]:
    with calling(allow_private=True) as client:
        yield client


@pytest.fixture
def hasty() -> Iterator[Caller]:
    with calling(SECONDS, allow_private=True) as client:
        yield client


def timed_out(answer: Answer) -> bool:
    return failed(answer, "timeout") and answer.latency_ms < 20_000


def failed(answer: Answer, error: str) -> bool:
    return (answer.error, answer.status, answer.excerpt) == (error, None, "")


def test_an_endpoint_that_drips_its_head_runs_into_the_deadline(hasty: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.drip(b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 10_000)

    with serve(script) as endpoint:
        assert timed_out(hasty.post(endpoint.url, b"{}", HEADERS))


def test_an_endpoint_that_is_silent_runs_into_the_deadline(hasty: Caller) -> None:
    with serve(silent) as endpoint:
        assert timed_out(hasty.post(endpoint.url, b"{}", HEADERS))


def test_an_endpoint_that_does_not_read_runs_into_the_deadline(hasty: Caller) -> None:
    with serve(silent) as endpoint:
        assert timed_out(hasty.post(endpoint.url, MEGABYTE * 32, HEADERS))


def test_an_endpoint_that_reads_drop_by_drop_runs_into_the_deadline(hasty: Caller) -> None:
    def script(connection: Connection) -> None:
        while not connection.over.wait(0.05):
            connection.sock.recv(65536)

    with serve(script) as endpoint:
        assert timed_out(hasty.post(endpoint.url, MEGABYTE * 32, HEADERS))


def drip_a_handshake(connection: Connection) -> None:
    connection.drip(b"\x16\x03\x03\x40\x00" + bytes(16384))


@pytest.mark.parametrize("script", [silent, drip_a_handshake])
def test_a_handshake_without_end_runs_into_the_deadline(hasty: Caller, script: Script) -> None:
    with serve(script) as endpoint:
        assert timed_out(hasty.post(endpoint.url.replace("http", "https"), b"{}", HEADERS))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_attempt_that_is_over_leaves_no_connection_behind(hasty: Caller, scheme: str) -> None:
    ended = Event()

    def script(connection: Connection) -> None:
        with suppress(OSError):
            while connection.sock.recv(65536):
                pass
        ended.set()

    with serve(script) as endpoint, serve(answering(ANSWER)) as other:
        assert timed_out(hasty.post(endpoint.url.replace("http", scheme), b"{}", HEADERS))
        hasty.post(other.url, b"{}", HEADERS)  # the loop goes on
        assert ended.wait(10)


def test_an_endpoint_that_says_continue_for_ever_is_cut_off(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        while True:
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    with serve(script) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert failed(answer, "invalid answer")


def test_an_endpoint_that_drips_its_body_has_said_its_status(hasty: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        connection.drip(b"z")

    with serve(script) as endpoint:
        answer = hasty.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.error) == (200, None)
    assert set(answer.excerpt) == {"z"}
    assert answer.latency_ms < 20_000


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"\0" * 1000 + b"\r\n\r\n",
    ],
    ids=["ssh", "no status", "half", "long head", "length", "zeros"],
)
def test_what_is_not_http_is_an_invalid_answer(client: Caller, answer: bytes) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(answer)

    with serve(script) as endpoint:
        assert failed(client.post(endpoint.url, b"{}", HEADERS), "invalid answer")


def test_a_closed_port_is_a_refused_connection(client: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert failed(client.post(f"http://127.0.0.1:{port}/", b"{}", HEADERS), "connection refused")


def test_a_name_that_does_not_exist_is_a_dns_failure() -> None:
    def unknown(name: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, name)

    with calling(allow_private=True, network=Network(unknown)) as client:
        answer = client.post("http://nobody.invalid/", b"{}", HEADERS)

    assert failed(answer, "dns failure")


def test_a_resolver_that_never_answers_runs_into_the_deadline() -> None:
    over = Event()

    def hangs(name: str) -> list[str]:
        over.wait()
        return [name]

    with calling(SECONDS, allow_private=True, network=Network(hangs)) as client:
        answer = client.post("http://nobody.invalid/", b"{}", HEADERS)
    over.set()

    assert failed(answer, "dns failure")
    assert answer.latency_ms < 20_000


def test_a_reset_is_a_reset_and_not_tried_twice(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.reset()

    with serve(script) as endpoint:
        assert failed(client.post(endpoint.url, b"{}", HEADERS), "connection reset")
        assert endpoint.visits == 1


def test_a_connection_closed_without_an_answer_is_not_tried_twice(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()

    with serve(script) as endpoint:
        assert failed(client.post(endpoint.url, b"{}", HEADERS), "connection closed")
        assert endpoint.visits == 1
