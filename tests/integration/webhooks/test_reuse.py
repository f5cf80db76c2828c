"""Connections are kept between attempts, and what becomes of one is not the endpoint's failure."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from services.webhooks.client import WebhookClient
from tests.integration.webhooks.endpoint import ANSWER, HEADERS, Connection, answering, serve


@pytest.fixture
def client() -> Iterator[WebhookClient]:
    client = WebhookClient(30, allow_private=True)
    yield client
    client.close()


def test_a_connection_is_kept_for_the_next_attempt(client: WebhookClient) -> None:
    with serve(answering(ANSWER)) as endpoint:
        answers = [client.post(endpoint.url, b"{}", HEADERS) for _ in range(5)]

    assert all(answer.delivered for answer in answers)
    assert (endpoint.visits, len(endpoint.requests)) == (1, 5)


def test_a_kept_connection_has_a_deadline_for_each_attempt() -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.read()
            connection.over.wait(0.3)
            connection.send(ANSWER)

    client = WebhookClient(1, allow_private=True)
    with serve(script) as endpoint:
        answers = [client.post(endpoint.url, b"{}", HEADERS) for _ in range(4)]
        client.close()

    assert all(answer.delivered for answer in answers)
    assert endpoint.visits == 1


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_kept_connection_that_the_peer_ends_is_no_failure(
    client: WebhookClient, end: str
) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(ANSWER)
        if connection.number == 1:
            connection.read()  # the second request comes, and is left without an answer
            connection.reset() if end == "reset" else connection.sock.close()

    with serve(script) as endpoint:
        first = client.post(endpoint.url, b"1", HEADERS)
        second = client.post(endpoint.url, b"2", HEADERS)

    assert first.delivered
    assert second.delivered
    assert (endpoint.visits, [request[-1:] for request in endpoint.requests]) == (
        2,
        [b"1", b"2", b"2"],
    )


def test_a_kept_connection_is_replaced_once_and_then_it_is_a_failure(client: WebhookClient) -> None:
    def script(connection: Connection) -> None:
        if connection.number == 1:
            connection.read()
            connection.send(ANSWER)
        connection.read()

    with serve(script) as endpoint:
        client.post(endpoint.url, b"1", HEADERS)
        second = client.post(endpoint.url, b"2", HEADERS)

    assert (second.status, second.error) == (None, "connection closed")
    assert (endpoint.visits, len(endpoint.requests)) == (2, 3)


def test_a_kept_connection_that_ends_amid_an_answer_is_a_failure(client: WebhookClient) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(ANSWER)
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.over.wait(0.5)  # a reset throws away what the client has not read yet
        connection.reset()

    with serve(script) as endpoint:
        client.post(endpoint.url, b"1", HEADERS)
        second = client.post(endpoint.url, b"2", HEADERS)

    assert (second.status, second.error) == (None, "connection reset")
    assert (endpoint.visits, len(endpoint.requests)) == (1, 2)


def test_a_lost_connection_is_replaced_by_a_new_one_and_not_by_another_old_one(
    client: WebhookClient,
) -> None:
    both = Barrier(2)

    def script(connection: Connection) -> None:
        connection.read()
        if connection.number <= 2:
            both.wait(10)  # so that there are two
        connection.send(ANSWER)
        if connection.number <= 2:
            connection.read()

    with serve(script) as endpoint:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda body: client.post(endpoint.url, body, HEADERS), [b"1", b"2"]))
        third = client.post(endpoint.url, b"3", HEADERS)

    assert third.delivered
    assert (endpoint.visits, len(endpoint.requests)) == (3, 4)
