"""sigv4: what botocore's own signer writes, for any body and any keys."""

from datetime import UTC, datetime
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from hypothesis import given, strategies as st

from common.sigv4 import Signer

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage"}
URLS = [
    "https://sqs.eu-central-1.amazonaws.com",
    "https://sqs.eu-central-1.amazonaws.com/",
    "https://sqs.eu-central-1.amazonaws.com:443/",
    "http://127.0.0.1:4566",
    "http://localhost:80/behind/a path",
]
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def by_botocore(url: str, body: bytes, keys: Credentials) -> str:
    request = AWSRequest("POST", url, headers=HEADERS, data=body)
    with patch("botocore.auth.get_current_datetime", return_value=NOON.replace(tzinfo=None)):
        SigV4Auth(
            Credentials(keys.access_key, keys.secret_key, keys.token), "sqs", "eu-central-1"
        ).add_auth(request)
    return str(request.headers["Authorization"])


@given(st.sampled_from(URLS), st.binary(max_size=100), words, words, st.none() | words)
def test_a_request_is_signed_as_botocore_signs_it(
    url: str, body: bytes, access: str, secret: str, token: str | None
) -> None:
    keys = Credentials(access, secret, token)
    frozen = keys.get_frozen_credentials()

    signed = Signer.of(url, "eu-central-1", "sqs").signed(
        HEADERS, [body[:9], body[9:]], frozen, NOON
    )

    assert signed["authorization"] == by_botocore(url, body, keys)


def test_what_is_sent_is_what_was_signed() -> None:
    signer = Signer.of("http://127.0.0.1:4566", "eu-central-1", "sqs")

    signed = signer.signed(
        HEADERS, [b"{", b"}"], ReadOnlyCredentials("key", "secret", "token"), NOON
    )

    assert HEADERS.items() <= signed.items()
    assert signed["host"] == "127.0.0.1:4566"
    assert signed["x-amz-date"] == "20261122T120000Z"
    assert signed["x-amz-security-token"] == "token"
    assert signed["content-length"] == "2"


def test_tomorrow_is_signed_by_tomorrows_key() -> None:
    signer = Signer.of("http://127.0.0.1:4566", "eu-central-1", "sqs")
    keys = ReadOnlyCredentials("key", "secret", None)

    days = [
        signer.signed(HEADERS, [], keys, NOON.replace(day=day))["authorization"] for day in (22, 23)
    ]

    assert "key/20261122/" in days[0]
    assert "key/20261123/" in days[1]
