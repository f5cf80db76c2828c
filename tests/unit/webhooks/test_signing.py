"""We sign as the official library signs, and nothing that is malformed.

That receivers take it: `tests/contract/test_signatures.py`.
"""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st
from standardwebhooks import Webhook

from services.webhooks.signing import headers, new_secret, sign

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()
OTHER = "whsec_" + base64.b64encode(b"another key of more bytes").decode()


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


def test_each_live_secret_signs_in_their_order() -> None:
    both = sign([SECRET, OTHER], "evt_1", 1, b"{}")

    assert both.split(" ") == [sign([one], "evt_1", 1, b"{}") for one in (SECRET, OTHER)]


def test_the_headers_carry_what_was_signed() -> None:
    assert headers([SECRET], "evt_1", 1_795_000_000, b"{}") == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1795000000",
        "webhook-signature": sign([SECRET], "evt_1", 1_795_000_000, b"{}"),
    }


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
