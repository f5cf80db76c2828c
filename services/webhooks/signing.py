"""The signature of a webhook, by Standard Webhooks 1.0 (spec/standard-webhooks.md), version `v1`.

Signed are the id, the time of the attempt and the body, joined by dots: exactly the bytes that are
sent. During a rotation every live secret signs, and the receiver is content with one that it knows.
The library `standardwebhooks` is the oracle of the tests and not the signer: it knows one secret
and mistakes the zone of an aware datetime.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Sequence
from functools import lru_cache

PREFIX = "whsec_"
NEW_KEY_BYTES = 32
# The bounds of the specification; a shorter key can be guessed, a longer one adds nothing.
SHORTEST_KEY_BYTES, LONGEST_KEY_BYTES = 24, 64

# Visible ASCII without the dot that separates the signed parts: else two messages could be signed
# alike, or a header be broken out of.
_IDENTIFIER = re.compile(r"[!-\-/-~]+")


def new_secret() -> str:
    return PREFIX + base64.b64encode(randomness.token_bytes(NEW_KEY_BYTES)).decode("ascii")


def sign(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: `v1,<base64>` for each secret, in their order.

    `timestamp` is the attempt's in whole unix seconds, made anew for every retry.
    ValueError for a malformed secret or id; it never holds the secret.
    """
    if not secrets:
        raise ValueError("a webhook is signed with at least one secret")
    if not _IDENTIFIER.fullmatch(webhook_id):
        raise ValueError("a webhook id is visible ASCII without a dot")

    signed = f"{webhook_id}.{timestamp:d}.".encode("ascii") + body
    return " ".join([_signature(secret, signed) for secret in secrets])


def headers(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of the specification; errors as of `sign`."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": f"{timestamp:d}",
        "webhook-signature": sign(secrets, webhook_id, timestamp, body),
    }


def _signature(secret: str, signed: bytes) -> str:
    mac = _mac(secret).copy()
    mac.update(signed)
    return "v1," + base64.b64encode(mac.digest()).decode("ascii")


@lru_cache(1024)
def _mac(secret: str) -> hmac.HMAC:
    """Begun with the key: to look for the hash and to set up both pads is half of a signature."""
    return hmac.new(_key(secret), digestmod=hashlib.sha256)


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        raise ValueError(f"a webhook secret starts with {PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        # `from None`: an error of the decoder may quote what it could not read.
        raise ValueError(f"a webhook secret is base64 after {PREFIX}") from None
    if not SHORTEST_KEY_BYTES <= len(key) <= LONGEST_KEY_BYTES:
        raise ValueError(
            f"a webhook secret holds {SHORTEST_KEY_BYTES} to {LONGEST_KEY_BYTES} bytes"
        )
    return key
