"""Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key that the database never sees.

    vault = Vault.of(settings)                 # POSTROOM_SECRET_KEYS=2026:<base64>,2025:<base64>
    vault.seal("whsec_...", context)           # v1.2026.<base64 of nonce and ciphertext>
    vault.open(sealed, context)                # with whichever of the keys it was sealed

The first key seals, all of them open: so a new key is added behind, all processes are restarted,
it goes in front, `python -m deploy.secrets` seals everything anew, and the old key may go.
`context` is the owner's id, which is authenticated too: a sealed text that was copied to another
row does not open there.
"""

import binascii
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.settings import Settings

KEY_BYTES: Final = 32
_VERSION: Final = "v1"
_NONCE_BYTES: Final = 12
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class VaultError(Exception):
    """No key opens this, or there is none. Its words hold neither keys nor secrets."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Safe to share between threads."""

    keys: dict[str, AESGCM] = field(repr=False)
    """By their ids, the one that seals first."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """VaultError where POSTROOM_SECRET_KEYS is missing or malformed."""
        if not settings.secret_keys:
            raise VaultError("POSTROOM_SECRET_KEYS is needed: ID:BASE64, of 32 random bytes")
        return cls.with_keys(settings.secret_keys)

    @classmethod
    def with_keys(cls, keys: str) -> Self:
        """`keys` as POSTROOM_SECRET_KEYS has them; VaultError where they are malformed."""
        found = list(map(_key, keys.split(",")))
        if len(dict(found)) < len(found):
            raise VaultError("POSTROOM_SECRET_KEYS has two keys of one id")
        return cls(dict(found))

    def seal(self, text: str, context: UUID) -> str:
        """With the first key and a nonce of its own."""
        key_id, key = next(iter(self.keys.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + key.encrypt(nonce, text.encode(), context.bytes)
        return f"{_VERSION}.{key_id}.{b64encode(sealed).decode()}"

    def open(self, sealed: str, context: UUID) -> str:
        """VaultError for what none of the keys has sealed for this owner."""
        version, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        key = self.keys.get(key_id)
        if version != _VERSION or key is None:
            raise VaultError("a secret was sealed with a key that POSTROOM_SECRET_KEYS lacks")
        try:
            data = b64decode(body, validate=True)
            opened = key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], context.bytes)
        except (InvalidTag, ValueError):
            raise VaultError("a sealed secret was changed, or is another row's") from None
        return opened.decode()

    def is_current(self, sealed: str) -> bool:
        """Whether it is sealed with the key that seals now."""
        return sealed.startswith(f"{_VERSION}.{next(iter(self.keys))}.")


def _key(entry: str) -> tuple[str, AESGCM]:
    key_id, separator, text = entry.strip().partition(":")
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not separator or not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
        raise VaultError(
            "POSTROOM_SECRET_KEYS is ID:BASE64[,ID:BASE64], each of 32 bytes"
        ) from None
    return key_id, AESGCM(key)
