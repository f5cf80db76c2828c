"""One attempt: what is sent, what is kept of the answer, and which connection carries it."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.webhooks.client import WebhookClient
from tests.integration.webhooks.endpoint import ANSWER, HEADERS, Connection, answering, serve

MEGABYTE = bytes(1024 * 1024)


@pytest.fixture
def client() -> Iterator[WebhookClient]:
    client = WebhookClient(30, allow_private=True)
    yield client
    client.close()


def test_a_webhook_is_posted_as_it_was_signed(client: WebhookClient) -> None:
    with serve(answering(ANSWER)) as endpoint:
        answer = client.post(endpoint.url + "?a=b", b'{"a": 1}', HEADERS)

    assert answer.delivered
    assert (answer.status, answer.error, answer.excerpt) == (200, None, "ok")
    head, body = endpoint.requests[0].split(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.decode().lower().split("\r\n") == [
        "post /hook?a=b http/1.1",
        f"host: 127.0.0.1:{endpoint.port}",
        "content-length: 8",
        "user-agent: postroom/0.1",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/json",
        "webhook-id: evt_1",
    ]


@pytest.mark.parametrize("status", [204, 299, 300, 304, 404, 410, 429, 500, 503])
def test_only_2xx_is_delivered(client: WebhookClient, status: int) -> None:
    head = f"HTTP/1.1 {status} x\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"
    with serve(answering(head.encode())) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.error, answer.retry_after) == (status, None, "7")
    assert answer.delivered == (200 <= status < 300)


def test_a_redirect_is_an_answer_and_not_a_way(client: WebhookClient) -> None:
    with serve(answering(ANSWER)) as target:
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {target.url}\r\ncontent-length: 0\r\n\r\n"
        with serve(answering(moved.encode())) as endpoint:
            answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.delivered) == (307, False)
    assert target.visits == 0


def test_no_cookie_is_kept(client: WebhookClient) -> None:
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
        fresh = WebhookClient(30, allow_private=True)
        fresh.post(endpoint.url, b"{}", HEADERS)
        fresh.close()

    assert (proxy.visits, endpoint.visits) == (0, 1)


@pytest.mark.parametrize("head", [b"transfer-encoding: chunked", b"content-length: 209715200"])
def test_an_answer_of_200_megabytes_is_cut_at_four_kilobytes(head: bytes) -> None:
    sent = 0

    def script(connection: Connection) -> None:
        nonlocal sent
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        frame = b"100000\r\n" + MEGABYTE + b"\r\n" if b"chunked" in head else MEGABYTE
        for _ in range(200):
            connection.send(frame.replace(b"\0", b"a"))
            sent += 1

    patient = WebhookClient(60, allow_private=True)
    with serve(script) as endpoint:
        answer = patient.post(endpoint.url, b"{}", HEADERS)
    patient.close()

    assert (answer.status, answer.excerpt) == (200, "a" * 4096)
    assert sent < 100
    assert answer.latency_ms < 20_000


def test_a_compressed_answer_is_not_decompressed(client: WebhookClient) -> None:
    bomb = gzip.compress(MEGABYTE)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    with serve(answering(head + bomb)) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert answer.delivered
    assert answer.excerpt == bomb[:4096].decode("utf-8", "replace").replace("\0", "")


def test_an_excerpt_is_text_that_the_database_takes(client: WebhookClient) -> None:
    with serve(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na\0\xffb\0")) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert answer.excerpt == "a\ufffdb"


def test_nothing_is_waited_for_beyond_four_kilobytes(client: WebhookClient) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n" + b"a" * 4096)
        connection.over.wait()

    with serve(script) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, len(answer.excerpt)) == (200, 4096)
    assert answer.latency_ms < 20_000


def test_many_threads_share_a_client_and_each_gets_its_own_answer() -> None:
    def echo(connection: Connection) -> None:
        while True:
            body = connection.read().split(b"\r\n\r\n")[1]
            connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    shared = WebhookClient(30, allow_private=True)
    bodies = [f"body {number}" for number in range(300)]
    with serve(echo) as endpoint, ThreadPoolExecutor(32) as threads:
        answers = list(
            threads.map(lambda body: shared.post(endpoint.url, body.encode(), HEADERS), bodies)
        )
        shared.close()

    assert [answer.excerpt for answer in answers] == bodies
    assert endpoint.visits <= 32
