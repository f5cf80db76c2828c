"""One attempt: what is sent, what is kept of the answer, and which connection carries it."""

from collections.abc import Iterator
from threading import Barrier

import pytest

from tests.integration.webhooks.calling import Caller, calling
from tests.integration.webhooks.endpoint import ANSWER, HEADERS, Connection, answering, serve

MEGABYTE = bytes(1024 * 1024)


@pytest.fixture
def client() -> Iterator[Caller]:
    with calling(allow_private=True) as client:
        yield client


def test_a_webhook_is_posted_as_it_was_signed(client: Caller) -> None:
    with serve(answering(ANSWER)) as endpoint:
        answer = client.post(endpoint.url + "?a=b", b'{"a": 1}', HEADERS)

    assert answer.delivered
    assert (answer.status, answer.error, answer.excerpt) == (200, None, "ok")
    head, body = endpoint.requests[0].split(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.decode().lower().split("\r\n") == [
        "post /hook?a=b http/1.1",
        f"host: 127.0.0.1:{endpoint.port}",
        "user-agent: postroom/0.1",
        "accept: */*",
        "accept-encoding: identity",
        "content-length: 8",
        "content-type: application/json",
        "webhook-id: evt_1",
    ]


@pytest.mark.parametrize("status", [204, 299, 300, 304, 404, 410, 429, 500, 503])
def test_only_2xx_is_delivered(client: Caller, status: int) -> None:
    head = f"HTTP/1.1 {status} x\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"
    with serve(answering(head.encode())) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.error, answer.retry_after) == (status, None, "7")
    assert answer.delivered == (200 <= status < 300)


def test_a_redirect_is_an_answer_and_not_a_way(client: Caller) -> None:
    with serve(answering(ANSWER)) as target:
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {target.url}\r\ncontent-length: 0\r\n\r\n"
        with serve(answering(moved.encode())) as endpoint:
            answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.delivered) == (307, False)
    assert target.visits == 0


def test_no_cookie_is_kept(client: Caller) -> None:
    answer = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
    with serve(answering(answer)) as endpoint:
        client.post(endpoint.url, b"{}", HEADERS)
        client.post(endpoint.url, b"{}", HEADERS)

    assert len(endpoint.requests) == 2
    assert b"cookie" not in endpoint.requests[1].lower()


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(answering(ANSWER)) as proxy, serve(answering(ANSWER)) as endpoint:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        with calling(allow_private=True) as fresh:
            fresh.post(endpoint.url, b"{}", HEADERS)

    assert (proxy.visits, endpoint.visits) == (0, 1)


def test_many_share_a_client_and_each_gets_its_own_answer(client: Caller) -> None:
    def echo(connection: Connection) -> None:
        while True:
            body = connection.read().split(b"\r\n\r\n")[1]
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    bodies = [f"body {number}" for number in range(300)]
    with serve(echo) as endpoint:
        answers = client.post_all(
            endpoint.url, [body.encode() for body in bodies], HEADERS, at_once=32
        )

    assert [answer.excerpt for answer in answers] == bodies
    assert endpoint.visits <= 32


def test_a_slow_endpoint_keeps_no_other_waiting(client: Caller) -> None:
    everyone = Barrier(64)

    def script(connection: Connection) -> None:
        connection.read()
        everyone.wait(20)  # nobody is answered until all are here
        connection.send(ANSWER)

    with serve(script) as endpoint:
        answers = client.post_all(endpoint.url, [b"{}"] * 64, HEADERS)

    assert all(answer.delivered for answer in answers)


def test_a_body_of_many_megabytes_arrives_whole(client: Caller) -> None:
    with serve(answering(ANSWER)) as endpoint:
        assert client.post(endpoint.url, MEGABYTE * 8, HEADERS).delivered

    assert endpoint.requests[0].endswith(b"\r\n\r\n" + MEGABYTE * 8)


def test_an_answer_before_the_body_was_taken_ends_the_connection(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.sock.recv(1024)
        connection.send(b"HTTP/1.1 413 x\r\ncontent-length: 0\r\n\r\n")
        connection.over.wait()

    with serve(script) as endpoint:
        answers = [client.post(endpoint.url, MEGABYTE * 32, HEADERS) for _ in range(2)]

    assert [answer.status for answer in answers] == [413, 413]
    assert endpoint.visits == 2


def test_a_header_of_ours_that_is_broken_is_an_error_of_ours(client: Caller) -> None:
    with serve(answering(ANSWER)) as endpoint, pytest.raises(ValueError, match="header"):
        client.post(endpoint.url, b"{}", {"x": "a\r\nb: c"})
