"""The operator's own proxy: all calls go through it, and its faults are not the endpoint's."""

import socket
import ssl
from pathlib import Path

import pytest

from services.webhooks.egress import Network
from tests.integration.webhooks.calling import calling
from tests.integration.webhooks.certificates import certificate, trust
from tests.integration.webhooks.endpoint import (
    ANSWER,
    HEADERS,
    Connection,
    answering,
    serve,
    silent,
)
from tests.integration.webhooks.proxy import proxy, refusing

NAME = "hooks.example.com"
URL = f"https://{NAME}/hook"


def nobody(name: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, name)


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_a_call_goes_through_a_tunnel_and_the_proxy_asks_for_the_name(tmp_path: Path) -> None:
    asked: list[bytes] = []
    server = certificate(tmp_path, NAME)
    with (
        serve(answering(ANSWER), server) as endpoint,
        serve(proxy(endpoint.port, asked)) as way,
        calling(proxy_url=at(way.port), network=Network(nobody), tls=trust(tmp_path)) as client,
    ):
        answers = [client.post(URL, b"{}", HEADERS) for _ in range(2)]

    assert all(answer.delivered for answer in answers)
    assert [head.split(b"\r\n")[0] for head in asked] == [f"CONNECT {NAME}:443 HTTP/1.1".encode()]
    assert [request.split(b"\r\n")[0] for request in endpoint.requests] == [
        b"POST /hook HTTP/1.1"
    ] * 2


def test_http_goes_through_the_proxy_too() -> None:
    asked: list[bytes] = []
    with (
        serve(answering(ANSWER)) as endpoint,
        serve(proxy(endpoint.port, asked)) as way,
        calling(allow_private=True, proxy_url=f"http://us:pw@127.0.0.1:{way.port}") as client,
    ):
        answer = client.post("http://receiver/hook?a=b", b"{}", HEADERS)

    assert answer.delivered
    assert asked[0].startswith(b"POST http://receiver/hook?a=b HTTP/1.1\r\n")
    assert b"\r\nproxy-authorization: basic dxm6chc=\r\n" in asked[0].lower()


def test_the_proxy_gets_the_password_of_its_url_and_the_endpoint_does_not(tmp_path: Path) -> None:
    asked: list[bytes] = []
    server = certificate(tmp_path, NAME)
    with serve(answering(ANSWER), server) as endpoint, serve(proxy(endpoint.port, asked)) as way:
        url = f"http://us:pw@127.0.0.1:{way.port}"
        with calling(proxy_url=url, tls=trust(tmp_path)) as client:
            client.post(URL, b"{}", HEADERS)

    assert b"proxy-authorization: basic dxm6chc=" in asked[0].lower()
    assert b"authorization" not in endpoint.requests[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://8.8.8.8/", "https://redis.internal/"),
        *("https://localhost/", "http://example.com/", "https://example.com:22/"),
    ],
)
def test_what_a_url_may_look_like_holds_with_a_proxy(url: str) -> None:
    with serve(silent) as way, calling(proxy_url=at(way.port)) as client:
        answer = client.post(url, b"{}", HEADERS)

    assert answer.error == "forbidden address"
    assert way.visits == 0


@pytest.mark.parametrize(
    "said",
    [b"407 Who?", b"500 x", b"502 x", b"503 x", b"504 x", b"404 x", b"429 x", b"302 x"],
)
def test_a_tunnel_that_the_proxy_does_not_open_is_its_own_fault(said: bytes) -> None:
    answer = b"HTTP/1.1 " + said + b"\r\ncontent-length: 6\r\n\r\nsecret"
    with serve(refusing(answer)) as way, calling(proxy_url=at(way.port)) as client:
        answered = client.post(URL, b"{}", HEADERS)

    assert (answered.error, answered.status, answered.excerpt) == ("egress proxy failed", None, "")
    assert answered.blameless


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 2", b""])
def test_what_is_no_proxy_is_a_fault_of_the_proxy(said: bytes) -> None:
    with serve(refusing(said)) as way, calling(proxy_url=at(way.port)) as client:
        assert client.post(URL, b"{}", HEADERS).blameless


@pytest.mark.parametrize("url", [URL, "http://receiver/hook"])
def test_a_proxy_that_is_not_there_is_a_fault_of_the_proxy(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for place in (at(port), "http://proxy.example:4750"):
        with calling(proxy_url=place, allow_private=True, network=Network(nobody)) as client:
            assert client.post(url, b"{}", HEADERS).blameless


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"403 Forbidden", "forbidden address"),
        (b"407 Request rejected by proxy\r\nX-Smokescreen-Error: no", "forbidden address"),
        (b"502 Bad gateway\r\nX-Smokescreen-Error: refused", "unreachable"),
        (b"504 Gateway timeout\r\nX-Smokescreen-Error: slow", "timeout"),
    ],
)
def test_what_the_proxy_says_of_the_endpoint_is_said_of_the_endpoint(
    said: bytes, error: str
) -> None:
    answer = b"HTTP/1.1 " + said + b"\r\ncontent-length: 0\r\n\r\n"
    with serve(refusing(answer)) as way, calling(proxy_url=at(way.port)) as client:
        answered = client.post(URL, b"{}", HEADERS)

    assert (answered.error, answered.blameless) == (error, False)


def test_a_tunnel_that_stays_silent_is_an_endpoint_that_does() -> None:
    with serve(silent) as way, calling(0.3, proxy_url=at(way.port)) as client:
        answer = client.post(URL, b"{}", HEADERS)

    assert (answer.error, answer.timed_out) == ("timeout", True)


def test_the_certificate_in_the_tunnel_must_be_of_the_name(tmp_path: Path) -> None:
    server = certificate(tmp_path, "other.example.com")
    with (
        serve(answering(ANSWER), server) as endpoint,
        serve(proxy(endpoint.port, [])) as way,
        calling(proxy_url=at(way.port), tls=trust(tmp_path)) as client,
    ):
        answer = client.post(URL, b"{}", HEADERS)

    assert answer.error == "tls failure: certificate for another name"
    assert endpoint.requests == []


def test_what_does_not_speak_tls_in_the_tunnel_is_the_endpoint_s_fault() -> None:
    def plain(connection: Connection) -> None:
        connection.sock.recv(65536)
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with (
        serve(plain) as endpoint,
        serve(proxy(endpoint.port, [])) as way,
        calling(proxy_url=at(way.port), tls=ssl.create_default_context()) as client,
    ):
        answer = client.post(URL, b"{}", HEADERS)

    assert answer.error == "tls failure: handshake failed"


def test_an_endpoint_that_fails_behind_the_proxy_has_failed(tmp_path: Path) -> None:
    server = certificate(tmp_path, NAME)
    failing = answering(b"HTTP/1.1 502 x\r\ncontent-length: 0\r\n\r\n")
    with (
        serve(failing, server) as endpoint,
        serve(proxy(endpoint.port, [])) as way,
        calling(proxy_url=at(way.port), tls=trust(tmp_path)) as client,
    ):
        answer = client.post(URL, b"{}", HEADERS)

    assert (answer.status, answer.blameless) == (502, False)


def test_an_endpoint_that_breaks_off_in_a_kept_tunnel_has_failed(tmp_path: Path) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(ANSWER)
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\n")

    server = certificate(tmp_path, NAME)
    with (
        serve(script, server) as endpoint,
        serve(proxy(endpoint.port, [])) as way,
        calling(proxy_url=at(way.port), tls=trust(tmp_path)) as client,
    ):
        first, second = (client.post(URL, b"{}", HEADERS) for _ in range(2))

    assert first.delivered
    assert (second.error, second.blameless, endpoint.visits) == ("invalid answer", False, 1)
