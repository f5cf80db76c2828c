"""TLS asks for the certificate of the name, although an address was connected to."""

import ssl
from pathlib import Path

import pytest

from tests.integration.webhooks.calling import calling
from tests.integration.webhooks.certificates import certificate, trust
from tests.integration.webhooks.endpoint import ANSWER, HEADERS, Connection, answering, serve
from tests.integration.webhooks.town import NAME, PUBLIC, Town


@pytest.mark.parametrize(
    ("name", "days", "trusted", "error"),
    [
        (NAME, 30, True, None),
        (NAME, 30, False, "tls failure: self-signed certificate"),
        (NAME, -1, True, "tls failure: certificate expired"),
        ("other.example.com", 30, True, "tls failure: certificate for another name"),
    ],
)
def test_the_certificate_must_be_of_the_name_although_an_address_was_dialled(
    tmp_path: Path, name: str, days: int, trusted: bool, error: str | None
) -> None:
    server = certificate(tmp_path, name, days)
    tls = trust(tmp_path) if trusted else ssl.create_default_context()
    with serve(answering(ANSWER), server) as endpoint:
        town = Town([PUBLIC], port=endpoint.port)
        with calling(10, network=town.network(), tls=tls) as client:
            answer = client.post(f"https://{NAME}/hook", b"{}", HEADERS)

    assert (answer.error, answer.delivered) == (error, error is None)
    assert len(endpoint.requests) == (error is None)


def test_what_does_not_speak_tls_is_a_failure_of_tls() -> None:
    def plain(connection: Connection) -> None:
        connection.sock.recv(65536)
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serve(plain) as endpoint:
        town = Town([PUBLIC], port=endpoint.port)
        with calling(10, network=town.network()) as client:
            answer = client.post(f"https://{NAME}/", b"{}", HEADERS)

    assert (answer.error, answer.excerpt) == ("tls failure: handshake failed", "")
