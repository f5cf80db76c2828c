"""What is true of every request before any route is known."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from common import ids
from common.settings import Settings
from tests.integration.api.problems import problem_of
from tests.integration.api.serving import Organization

JSON = {"content-type": "application/json"}
CAP = 10_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_body_bytes": CAP})


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "unknown"])
def test_a_compressed_body_is_refused(client: httpx.Client, encoding: str) -> None:
    headers = JSON | {"content-encoding": encoding}

    response = client.post("/v1/inboxes", content=b"{}", headers=headers)

    problem_of(response, 415, "unsupported_content_encoding")


def test_a_body_over_the_cap_is_a_413(client: httpx.Client) -> None:
    body = json.dumps({"name": "a" * CAP}).encode()

    problem_of(client.post("/v1/inboxes", content=body, headers=JSON), 413, "message_too_large")


def test_a_body_that_does_not_tell_its_length_is_counted(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * (CAP // 10)

    response = client.post("/v1/inboxes", content=endless(), headers=JSON)

    problem_of(response, 413, "message_too_large")


@pytest.mark.parametrize("length", ["9" * 30, "99999"])
def test_a_length_over_the_cap_is_refused_before_the_body_comes(
    url: str, owner: Organization, length: str
) -> None:
    host = urlsplit(url)
    with socket.create_connection((host.hostname, host.port), timeout=10) as sock:
        sock.sendall(
            f"POST /v1/inboxes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {owner.key}\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        answer = sock.recv(65536)

    assert answer.split(b" ", 2)[1] in {b"413", b"400"}


@pytest.mark.parametrize("given", ["a", "trace-1.2_3", "A" * 128])
def test_the_callers_request_id_is_given_back(client: httpx.Client, given: str) -> None:
    response = client.get("/v1/inboxes/x", headers={"x-request-id": given})

    assert response.headers["x-request-id"] == given
    assert response.json()["requestId"] == given


@pytest.mark.parametrize("given", [None, "", "a b", "a\xff", "A" * 129, "<script>", "a;b"])
def test_another_request_id_is_made(client: httpx.Client, given: str | None) -> None:
    headers = {} if given is None else {b"x-request-id": given.encode("latin-1")}

    response = client.get("/v1/inboxes", headers=headers)

    ids.decode(ids.REQUEST, response.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/openapi.json", "/v1/inboxes", "/no"])
def test_every_answer_has_a_request_id(client: httpx.Client, path: str) -> None:
    assert client.get(path).headers["x-request-id"]


@pytest.mark.parametrize(
    "sent", [b"BREW /v1/inboxes HTTP/1.1\r\n\r\n", b"\x16\x03\x01 tls\r\n\r\n"]
)
def test_what_is_not_http_is_answered_alike(url: str, sent: bytes) -> None:
    host = urlsplit(url)
    with socket.create_connection((host.hostname, host.port), timeout=10) as sock:
        sock.sendall(sent)
        head, _, body = b"".join(iter(lambda: sock.recv(65536), b"")).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["code"] == "invalid_http"
    assert f"x-request-id: {problem['requestId']}".encode() in head


def test_a_caller_who_hangs_up_harms_nobody(
    client: httpx.Client, url: str, owner: Organization
) -> None:
    host = urlsplit(url)
    for _ in range(5):
        with socket.create_connection((host.hostname, host.port), timeout=10) as sock:
            sock.sendall(
                f"POST /v1/inboxes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {owner.key}\r\nContent-Length: 100\r\n\r\n{{".encode()
            )

    assert client.get("/v1/inboxes").json() == []
