"""What is kept of an answer: the status, the start of the body, and a time to retry."""

import gzip
from collections.abc import Iterator

import pytest

from tests.integration.webhooks.calling import Caller, calling
from tests.integration.webhooks.endpoint import HEADERS, Connection, answering, serve

MEGABYTE = bytes(1024 * 1024)


@pytest.fixture
def client() -> Iterator[Caller]:
    with calling(allow_private=True) as client:
        yield client


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

    with serve(script) as endpoint, calling(60, allow_private=True) as patient:
        answer = patient.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, answer.excerpt) == (200, "a" * 4096)
    assert sent < 100
    assert answer.latency_ms < 20_000


def test_a_compressed_answer_is_not_decompressed(client: Caller) -> None:
    bomb = gzip.compress(MEGABYTE)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    with serve(answering(head + bomb)) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert answer.delivered
    assert answer.excerpt == bomb[:4096].decode("utf-8", "replace").replace("\0", "")


def test_an_excerpt_is_text_that_the_database_takes(client: Caller) -> None:
    with serve(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na\0\xffb\0")) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert answer.excerpt == "a\ufffdb"


def test_nothing_is_waited_for_beyond_four_kilobytes(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n" + b"a" * 4096)
        connection.over.wait()

    with serve(script) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert (answer.status, len(answer.excerpt)) == (200, 4096)
    assert answer.latency_ms < 20_000


@pytest.mark.parametrize(
    ("answer", "excerpt"),
    [
        (b"content-length: 100\r\n\r\nabc", {"", "abc"}),
        (b"connection: close\r\n\r\nabc", {"abc"}),
    ],
    ids=["cut", "until the end"],
)
def test_a_body_that_breaks_off_follows_a_status(
    client: Caller, answer: bytes, excerpt: set[str]
) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\n" + answer)

    with serve(script) as endpoint:
        answered = client.post(endpoint.url, b"{}", HEADERS)

    assert (answered.status, answered.error) == (200, None)
    assert answered.excerpt in excerpt


def test_a_time_to_retry_is_text_and_short(client: Caller) -> None:
    head = b"HTTP/1.1 503 x\r\nretry-after: \xff" + b"9" * 1000 + b"\r\ncontent-length: 0\r\n\r\n"
    with serve(answering(head)) as endpoint:
        answer = client.post(endpoint.url, b"{}", HEADERS)

    assert answer.retry_after == "?" + "9" * 127
