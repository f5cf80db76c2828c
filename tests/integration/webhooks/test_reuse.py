"""Connections are kept between attempts, and what becomes of one is not the endpoint's failure."""

from collections.abc import Iterator
from threading import Barrier, Event

import pytest

from services.webhooks import wire
from tests.integration.webhooks.calling import Caller, calling
from tests.integration.webhooks.endpoint import ANSWER, HEADERS, Connection, answering, serve


@pytest.fixture
def client() -> Iterator[Caller]:
    with calling(allow_private=True) as client:
        yield client


def test_a_connection_is_kept_for_the_next_attempt(client: Caller) -> None:
    with serve(answering(ANSWER)) as endpoint:
        answers = [client.post(endpoint.url, b"{}", HEADERS) for _ in range(5)]

    assert all(answer.delivered for answer in answers)
    assert (endpoint.visits, len(endpoint.requests)) == (1, 5)


def test_a_kept_connection_has_a_deadline_for_each_attempt() -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.read()
            connection.over.wait(0.9)
            connection.send(ANSWER)

    with serve(script) as endpoint, calling(3, allow_private=True) as client:
        answers = [client.post(endpoint.url, b"{}", HEADERS) for _ in range(4)]

    assert all(answer.delivered for answer in answers)
    assert endpoint.visits == 1


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_kept_connection_that_the_peer_ends_is_no_failure(client: Caller, end: str) -> None:
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


def test_a_kept_connection_is_replaced_once_and_then_it_is_a_failure(client: Caller) -> None:
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


def test_a_kept_connection_that_ends_amid_an_answer_is_a_failure(client: Caller) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(ANSWER)
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.over.wait(2)  # a reset throws away what the client has not read yet
        connection.reset()

    with serve(script) as endpoint:
        client.post(endpoint.url, b"1", HEADERS)
        second = client.post(endpoint.url, b"2", HEADERS)

    assert (second.status, second.error) == (None, "connection reset")
    assert (endpoint.visits, len(endpoint.requests)) == (1, 2)


def test_a_lost_connection_is_replaced_by_a_new_one_and_not_by_another_old_one(
    client: Caller,
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
        client.post_all(endpoint.url, [b"1", b"2"], HEADERS)
        third = client.post(endpoint.url, b"3", HEADERS)

    assert third.delivered
    assert (endpoint.visits, len(endpoint.requests)) == (3, 4)


def test_what_comes_unasked_on_a_kept_connection_is_no_answer(client: Caller) -> None:
    unasked = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"
    elsewhere, away = Event(), Event()

    def script(connection: Connection) -> None:
        connection.read()
        connection.send(ANSWER)
        if connection.number == 1:
            elsewhere.wait(10)
            connection.send(unasked)
            away.set()
            connection.over.wait()

    def waiting(connection: Connection) -> None:
        connection.read()
        elsewhere.set()
        away.wait(10)
        connection.send(ANSWER)

    with serve(script) as endpoint, serve(waiting) as other:
        first = client.post(endpoint.url, b"1", HEADERS)
        client.post(other.url, b"-", HEADERS)  # meanwhile the loop sees what came
        second = client.post(endpoint.url, b"2", HEADERS)

    assert (first.status, second.status) == (200, 200)
    assert endpoint.visits == 2


def test_connections_are_kept_of_so_many_endpoints_and_not_of_more(
    client: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_KEPT", 1)

    with serve(answering(ANSWER)) as one, serve(answering(ANSWER)) as other:
        for _ in range(3):
            client.post(one.url, b"{}", HEADERS)
            client.post(other.url, b"{}", HEADERS)

    assert (one.visits, other.visits) == (1, 3)
