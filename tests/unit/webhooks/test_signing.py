"""What we sign, the official library verifies; what it signs, we sign alike."""

import base64
from datetime import UTC, datetime
from time import time

import pytest
from hypothesis import given, strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.webhooks.signing import headers, new_secret, sign

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()
OTHER = "whsec_" + base64.b64encode(b"another key of more bytes").decode()
BODY = '{"event":"message.sent","subject":"Grüße"}'.encode()


def test_the_official_library_verifies_what_we_sign() -> None:
    signed = headers([SECRET], "evt_1", int(time()), BODY)

    assert Webhook(SECRET).verify(BODY, signed) == {"event": "message.sent", "subject": "Grüße"}


def test_each_live_secret_signs_so_that_old_and_new_receivers_verify() -> None:
    signed = headers([SECRET, OTHER], "evt_1", int(time()), BODY)

    Webhook(SECRET).verify(BODY, signed)
    Webhook(OTHER).verify(BODY, signed)
    assert signed["webhook-signature"].count("v1,") == 2


def test_a_receiver_with_a_secret_that_is_no_longer_live_refuses() -> None:
    signed = headers([OTHER], "evt_1", int(time()), BODY)

    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(BODY, signed)


@pytest.mark.parametrize(
    "change",
    [{"webhook-id": "evt_2"}, {"webhook-timestamp": "%"}, {"webhook-signature": "v1,AAAA"}],
)
def test_a_changed_header_is_refused(change: dict[str, str]) -> None:
    now = int(time())
    signed = headers([SECRET], "evt_1", now, BODY)
    changed = {name: value.replace("%", str(now - 1)) for name, value in change.items()}

    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(BODY, signed | changed)


def test_a_tampered_body_is_refused() -> None:
    signed = headers([SECRET], "evt_1", int(time()), BODY)

    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(BODY.replace(b"sent", b"lost"), signed)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stale_or_early_timestamp_is_refused(seconds: int) -> None:
    signed = headers([SECRET], "evt_1", int(time()) + seconds, BODY)

    with pytest.raises(WebhookVerificationError, match="timestamp"):
        Webhook(SECRET).verify(BODY, signed)


@given(
    key=st.binary(min_size=24, max_size=64),
    webhook_id=st.from_regex(r"[a-zA-Z0-9_-]+", fullmatch=True),
    timestamp=st.integers(min_value=0, max_value=2**33),
    body=st.text(),
)
def test_we_sign_as_the_official_library_signs(
    key: bytes, webhook_id: str, timestamp: int, body: str
) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    moment = datetime.fromtimestamp(timestamp, UTC)

    assert sign([secret], webhook_id, timestamp, body.encode()) == Webhook(secret).sign(
        webhook_id, moment, body
    )


def test_a_body_that_is_not_utf_8_is_signed_too() -> None:
    assert sign([SECRET], "evt_1", 1, b"\xff\x00").startswith("v1,")


def test_a_new_secret_holds_32_bytes_and_is_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
        sign([secret], "evt_1", 1, b"")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_%%%broken%%%",
        "whsec_Grüße",
        SECRET.removeprefix("whsec_"),
        SECRET[:-1],
        SECRET + "\n",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
    ],
)
def test_a_malformed_secret_is_an_error_that_does_not_show_it(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret") as error:
        sign([secret], "evt_1", 1, b"")

    hidden = secret.strip().removeprefix("whsec_")
    assert not hidden or hidden not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("webhook_id", ["", "evt.1", "evt 1", "evt\n1", "evt_é"])
def test_an_id_that_would_blur_what_is_signed_is_an_error(webhook_id: str) -> None:
    with pytest.raises(ValueError, match="webhook id"):
        sign([SECRET], webhook_id, 1, b"")


def test_nothing_goes_out_unsigned() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        sign([], "evt_1", 1, b"")
