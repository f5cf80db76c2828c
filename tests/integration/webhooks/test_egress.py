"""The guard at connect time: what is private is not visited, whatever it is called."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.webhooks.client import WebhookClient
from services.webhooks.egress import MOST_CONNECTS, Forbidden, GuardedBackend, Network
from services.webhooks.wire import Failed, attempt
from tests.integration.webhooks.endpoint import (
    ANSWER,
    HEADERS,
    Connection,
    Endpoint,
    answering,
    serve,
)

NAME = "hooks.example.com"
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "2606:4700::1111"
SPELLED = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0"),  # noqa: S104
    *("::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:7f00:1", "localhost", "localhost."),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "169.254.169.254", "fd00:ec2::254", "fe80::1%lo"),
]


class Town:
    """A resolver and a dialler: names answer as told, and every public address is one endpoint."""

    def __init__(self, *answers: Sequence[str], port: int = 0, deaf: Sequence[str] = ()) -> None:
        self.answers, self.port, self.deaf = list(answers), port, deaf
        self.asked: list[str] = []
        self.dialled: list[str] = []

    def resolve(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.answers.pop(0)

    def dial(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.dialled.append(address[0])
        if address[0] in self.deaf:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def network(self) -> Network:
        return Network(self.resolve, self.dial)


@pytest.fixture
def canary() -> Iterator[Endpoint]:
    with serve(answering(ANSWER)) as endpoint:
        yield endpoint


@pytest.mark.parametrize("host", SPELLED)
def test_the_backend_connects_to_nothing_private_in_any_spelling(
    canary: Endpoint, host: str
) -> None:
    backend = GuardedBackend(allow_private=False)

    with attempt(10), pytest.raises((Forbidden, Failed)):
        backend.connect_tcp(host, canary.port)

    assert canary.visits == 0


@pytest.mark.parametrize("host", SPELLED)
def test_the_client_visits_nothing_private_in_any_spelling(canary: Endpoint, host: str) -> None:
    client = WebhookClient(10)
    spelled = f"[{host}]" if ":" in host else host

    for url in (f"http://{spelled}:{canary.port}/", f"https://{spelled}:{canary.port}/"):
        answer = client.post(url, b"{}", HEADERS)
        assert (answer.error, answer.status) == ("forbidden address", None)

    assert canary.visits == 0


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1", "garbage"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_private_address_among_public_ones_forbids_the_name(private: str, place: int) -> None:
    addresses = [PUBLIC, OTHER_PUBLIC]
    addresses.insert(place, private)
    town = Town(addresses)

    answer = WebhookClient(10, network=town.network()).post(f"https://{NAME}/", b"{}", HEADERS)

    assert answer.error == "forbidden address"
    assert town.dialled == []


def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked(
    canary: Endpoint,
) -> None:
    town = Town([PUBLIC], ["127.0.0.1"], port=canary.port, deaf=[PUBLIC])
    client = WebhookClient(10, network=town.network())

    errors = [client.post(f"https://{NAME}/", b"{}", HEADERS).error for _ in range(2)]

    assert errors == ["connection refused", "forbidden address"]
    assert len(town.asked) == 2  # once for each attempt: there is no second answer to trust
    assert town.dialled == [PUBLIC]
    assert canary.visits == 0


def test_a_name_is_asked_for_as_absolute_so_that_no_search_list_bends_it() -> None:
    town = Town(["10.0.0.1"])

    WebhookClient(10, network=town.network()).post("https://redis.prod/", b"{}", HEADERS)

    assert town.asked == ["redis.prod."]


def test_the_next_address_is_tried_where_one_refuses(canary: Endpoint) -> None:
    town = Town([OTHER_PUBLIC, PUBLIC], port=canary.port, deaf=[OTHER_PUBLIC])
    backend = GuardedBackend(allow_private=False, network=town.network())

    with attempt(10):
        backend.connect_tcp(NAME, 443).close()

    assert town.dialled == [OTHER_PUBLIC, PUBLIC]


def test_a_name_with_a_thousand_addresses_is_not_a_thousand_connections() -> None:
    addresses = [f"93.184.{n // 250}.{n % 250}" for n in range(1000)]
    town = Town(addresses, deaf=addresses)

    answer = WebhookClient(10, network=town.network()).post(f"https://{NAME}/", b"{}", HEADERS)

    assert answer.error == "connection refused"
    assert town.dialled == addresses[:MOST_CONNECTS]


def certificate(folder: Path, name: str, days: int) -> ssl.SSLContext:
    """Make a self-signed certificate, and the server's side of TLS with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "pem").write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pem")
    return server


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
    trust = ssl.create_default_context(cafile=tmp_path / "pem" if trusted else None)
    with serve(answering(ANSWER), server) as endpoint:
        town = Town([PUBLIC], port=endpoint.port)
        client = WebhookClient(10, network=town.network(), tls=trust)
        answer = client.post(f"https://{NAME}/hook", b"{}", HEADERS)
        client.close()

    assert (answer.error, answer.delivered) == (error, error is None)
    assert len(endpoint.requests) == (error is None)


def test_what_does_not_speak_tls_is_a_failure_of_tls() -> None:
    def plain(connection: Connection) -> None:
        connection.sock.recv(65536)
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serve(plain) as endpoint:
        town = Town([PUBLIC], port=endpoint.port)
        answer = WebhookClient(10, network=town.network()).post(f"https://{NAME}/", b"{}", HEADERS)

    assert (answer.error, answer.excerpt) == ("tls failure: handshake failed", "")
