"""An answer that shows a secret, kept for its replay without keeping the secret.

The answer to `POST /v1/api_keys` has the new key in it, and keys are stored only as hashes. So what
is kept of it is masked with a stream that only the API key of the request can make: SHAKE-256
(FIPS 202) of that key and a nonce. The API key itself has 190 random bits and is stored nowhere.
"""

import hashlib
import secrets
from typing import Final

_NONCE_BYTES: Final = 16


def seal(key: str, text: bytes) -> bytes:
    """The text masked with `key`; as it is where `key` is empty."""
    if not key:
        return text
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _masked(key, nonce, text)


def unseal(key: str, sealed: bytes) -> bytes:
    """What was sealed with the same key."""
    if not key:
        return sealed
    return _masked(key, sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:])


def _masked(key: str, nonce: bytes, text: bytes) -> bytes:
    stream = hashlib.shake_256(b"postroom idempotency " + nonce + key.encode())
    mask = int.from_bytes(stream.digest(len(text)))
    return (int.from_bytes(text) ^ mask).to_bytes(len(text))
