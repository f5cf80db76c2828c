"""Where TLS breaks decides what it means: before the request it is proof, after it is none."""

import os
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.sender.ses import Later, Unknown
from tests.integration.webhooks.endpoint import Connection, serve, silent
from tests.unit.sender.ses_server import (
    ENVELOPE,
    accepting,
    keys_and_nothing_else,
    send_to,
    ses_at,
)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    keys_and_nothing_else(monkeypatch)


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Make the server's side of TLS; its certificate is `pem` in the test's folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SES")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "pem")
    return server


def test_a_certificate_that_is_not_trusted_is_proof_that_ses_has_nothing(
    tls: ssl.SSLContext,
) -> None:
    with serve(accepting(), tls) as server:
        outcome = send_to(f"https://127.0.0.1:{server.port}")

    assert outcome == Later("SSLError", "SES could not be reached.", halts="unreachable")
    assert server.requests == []


def test_a_handshake_that_hangs_is_proof_that_ses_has_nothing() -> None:
    with (
        serve(silent) as server,
        ses_at(f"https://127.0.0.1:{server.port}", connect=0.2) as ses,
    ):
        outcome = ses.send(ENVELOPE)

    assert outcome == Later("ConnectTimeoutError", "SES could not be reached.", halts="unreachable")


def test_broken_tls_after_the_request_proves_nothing(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail may be on its way."""

    def broken(connection: Connection) -> None:
        connection.read()
        with socket.socket(fileno=os.dup(connection.sock.fileno())) as bare, suppress(OSError):
            bare.sendall(b"this is no record of TLS")

    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "pem"))
    with serve(broken, tls) as server:
        outcome = send_to(f"https://127.0.0.1:{server.port}")

    assert outcome == Unknown("ConnectionClosedError", "SES did not answer.")
    assert len(server.requests) == 1
