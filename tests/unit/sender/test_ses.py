"""The truth table of one call: what SES or the network does, and what that means for the message.

The real client against real servers that answer as SES does, or rudely. Whatever happens, the call
is made once: SES has no idempotency token.
"""

import json
import socket
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.sender.ses import Accepted, Halt, Later, Rejected, Unknown
from tests.integration.webhooks.endpoint import Connection, Script, answering, serve, silent
from tests.unit.sender.ses_server import (
    ENVELOPE,
    accepting,
    keys_and_nothing_else,
    refusing,
    send_to,
    ses_at,
)

EXPIRES_IN_A_MINUTE = timedelta(minutes=1)  # boto3 wants new ones for every call then


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    keys_and_nothing_else(monkeypatch)


def test_an_accepted_message_has_the_id_that_ses_gave() -> None:
    with serve(accepting()) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert outcome == Accepted("0100")
    assert len(server.requests) == 1


def test_the_envelope_is_what_ses_is_asked_for() -> None:
    with serve(accepting()) as server:
        send_to(f"http://127.0.0.1:{server.port}")

    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v2/email/outbound-emails HTTP/1.1\r\n")
    assert json.loads(body) == {
        "FromEmailAddress": "a@postroom.test",
        "Destination": {
            "ToAddresses": ["to@example.com"],
            "CcAddresses": ["cc@example.com"],
            "BccAddresses": ["bcc@example.com"],
        },
        "Content": {"Raw": {"Data": "RnJvbTogYUBwb3N0cm9vbS50ZXN0DQoNCmhlbGxv"}},
        "ConfigurationSetName": "postroom",
        "EmailTags": [
            {"Name": "postroom_message", "Value": "msg_1"},
            {"Name": "postroom_attempt", "Value": "2"},
        ],
    }


@pytest.mark.parametrize(
    ("status", "code", "kind", "pause"),
    [
        (400, "MessageRejected", Rejected, None),
        (400, "BadRequestException", Rejected, None),
        (400, "MailFromDomainNotVerifiedException", Later, timedelta(minutes=1)),
        (404, "NotFoundException", Later, timedelta(minutes=1)),
        (403, "AccessDeniedException", Later, timedelta(seconds=30)),
        (400, "NobodyKnowsThisException", Later, timedelta(seconds=30)),
        (500, "InternalServiceErrorException", Unknown, None),
        (502, "BadGateway", Unknown, None),
        (503, "ServiceUnavailableException", Unknown, None),
        (504, "GatewayTimeout", Unknown, None),
    ],
)
def test_an_error_of_ses_is_told_in_its_own_words(
    status: int, code: str, kind: type[Rejected | Later | Unknown], pause: timedelta | None
) -> None:
    with serve(refusing(status, code, "Words of SES.")) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    words = (code, "Words of SES.")
    assert outcome == (kind(*words) if pause is None else Later(*words, pause))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "words", "reason"),
    [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", "throttled"),
        (429, "ThrottlingException", "Rate exceeded", "throttled"),
        (503, "ThrottlingException", "Rate exceeded", "throttled"),
        (400, "Throttling", "Daily message quota exceeded.", "quota"),
        (429, "TooManyRequestsException", "Daily sending quota exceeded.", "quota"),
        (400, "LimitExceededException", "Words.", "quota"),
        (400, "SendingPausedException", "Words.", "paused"),
        (400, "AccountSuspendedException", "Words.", "suspended"),
        (403, "ExpiredTokenException", "Words.", "credentials"),
        (403, "SignatureDoesNotMatch", "Words.", "credentials"),
    ],
)
def test_what_is_true_of_the_whole_account_halts_it(
    status: int, code: str, words: str, reason: Halt
) -> None:
    with serve(refusing(status, code, words)) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert outcome == Later(code, words, halts=reason)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"{}", b"not json", b'{"MessageId": null}', b"[]"])
def test_an_answer_that_cannot_be_read_proves_nothing(body: bytes) -> None:
    with serve(accepting(body)) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, Unknown)
    assert len(server.requests) == 1


def test_a_server_error_without_a_body_proves_nothing() -> None:
    with serve(answering(b"HTTP/1.1 502 x\r\ncontent-length: 0\r\n\r\n")) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, Unknown)
    assert len(server.requests) == 1


def test_a_large_mail_is_one_request_of_a_length_that_is_told() -> None:
    """SES takes no chunked transfer coding; the server here knows none either."""
    large = replace(ENVELOPE, mime=[bytes(range(250)) * 3_000] * 2)

    with serve(accepting()) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}", large, patience=20)

    assert outcome == Accepted("0100")
    (request,) = server.requests
    body = json.loads(request.partition(b"\r\n\r\n")[2])
    assert b64decode(body["Content"]["Raw"]["Data"]) == b"".join(large.mime)


def slow(connection: Connection) -> None:
    while connection.sock.recv(65_536):
        connection.over.wait(0.01)


def test_who_takes_a_mail_too_slowly_is_hung_up_on_and_may_have_it() -> None:
    """Else it could take longer than the lease of the message."""
    with serve(slow) as server:
        large = replace(ENVELOPE, mime=[bytes(1_000_000)] * 15)
        outcome = send_to(f"http://127.0.0.1:{server.port}", large)

    assert outcome == Unknown("ReadTimeoutError", "SES did not answer.")


def hung(connection: Connection) -> None:
    connection.read()
    silent(connection)


def reset(connection: Connection) -> None:
    connection.read()
    connection.reset()


def hung_up(connection: Connection) -> None:
    connection.read()


def cut(connection: Connection) -> None:
    connection.read()
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


@pytest.mark.parametrize("script", [hung, reset, hung_up, cut])
def test_silence_after_the_request_proves_nothing(script: Script) -> None:
    with serve(script) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert isinstance(outcome, Unknown)
    assert len(server.requests) == 1


def test_a_refused_connection_is_proof_that_ses_has_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))

        outcome = send_to(f"http://127.0.0.1:{free.getsockname()[1]}")

    assert outcome == Later(
        "EndpointConnectionError", "SES could not be reached.", halts="unreachable"
    )


def test_a_name_without_an_address_is_proof_that_ses_has_nothing() -> None:
    outcome = send_to("http://ses.invalid")

    assert outcome == Later(
        "EndpointConnectionError", "SES could not be reached.", halts="unreachable"
    )


def test_missing_credentials_are_no_matter_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with serve(accepting()) as server:
        outcome = send_to(f"http://127.0.0.1:{server.port}")

    assert outcome == Later("NoCredentialsError", "SES was not called.", halts="credentials")
    assert server.visits == 0


def test_credentials_that_cannot_be_renewed_are_no_matter_of_the_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also not where a message was sent before."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    given = tmp_path / "given.json"
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {given}\n")
    expires = (datetime.now(UTC) + EXPIRES_IN_A_MINUTE).isoformat()
    keys = {"Version": 1, "AccessKeyId": "id", "SecretAccessKey": "s", "Expiration": expires}
    given.write_text(json.dumps(keys))

    with serve(accepting()) as server, ses_at(f"http://127.0.0.1:{server.port}") as ses:
        before = ses.send(ENVELOPE)
        given.unlink()
        after = ses.send(ENVELOPE)

    assert before == Accepted("0100")
    assert after == Later("CredentialRetrievalError", "SES was not called.", halts="credentials")
    assert len(server.requests) == 1
