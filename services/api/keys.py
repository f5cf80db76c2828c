"""API keys: how they look, who owns one, how an organization comes to its first.

`pr_` + 32 letters of base62 (190 bits) + their CRC32 as 6 letters of base62, as GitHub's tokens
since 2021: a mistyped key is known without the database, and secret scanners find a leaked one.
Only the SHA-256 is stored: a random key of this length needs no slow hash.
"""

import hashlib
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from common import clock, ids
from common.models import ApiKey, Organization
from common.resources import Resource, Row

_PREFIX: Final = "pr_"
_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH: Final = 32
_CHECKSUM_LENGTH: Final = 6
_LENGTH: Final = len(_PREFIX) + _SECRET_LENGTH + _CHECKSUM_LENGTH
_SHOWN: Final = len(_PREFIX) + 6  # 36 of 190 bits: enough to find a key, nothing to guess from


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `text` is shown once and never stored."""

    text: str = field(repr=False)
    row: dict[str, Any]


def generate() -> str:
    """A key that nobody has."""
    secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET_LENGTH))
    return f"{_PREFIX}{secret}{_checksum(secret)}"


def _checksum(secret: str) -> str:
    value = zlib.crc32(secret.encode())
    letters = ""
    for _ in range(_CHECKSUM_LENGTH):
        value, digit = divmod(value, 62)
        letters = _BASE62[digit] + letters
    return letters


def is_well_formed(text: str) -> bool:
    """Whether `generate` can have written it."""
    if len(text) != _LENGTH or not text.startswith(_PREFIX) or not text.isascii():
        return False
    secret = text[len(_PREFIX) : -_CHECKSUM_LENGTH]
    return text.endswith(_checksum(secret))


def digest(text: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(text.encode()).digest()


def make(organization_id: UUID, name: str) -> NewKey:
    """A new key with the row that remembers it."""
    text = generate()
    row = {
        "id": ids.new(),
        "organization_id": organization_id,
        "name": name,
        "prefix": text[:_SHOWN],
        "hash": digest(text),
        "created_at": clock.now(),
    }
    return NewKey(text, row)


def resource(row: Row) -> Resource:
    """A key as the API shows it, without the key."""
    key_id = ids.encode(ids.API_KEY, row["id"])
    return {
        "id": key_id,
        "_id": key_id,
        "organizationId": ids.encode(ids.ORGANIZATION, row["organization_id"]),
        "name": row["name"],
        "prefix": row["prefix"],
        "createdAt": clock.wire(row["created_at"]),
    }


def create_organization(
    connection: sa.Connection, name: str, sends_per_hour: int | None
) -> tuple[UUID, str]:
    """A new organization and its first key (the text). None: the installation's limit."""
    organization_id = ids.new()
    key = make(organization_id, "first key")
    connection.execute(
        sa.insert(Organization).values(
            id=organization_id, name=name, sends_per_hour=sends_per_hour, created_at=clock.now()
        )
    )
    connection.execute(sa.insert(ApiKey).values(**key.row))
    return organization_id, key.text


OWNER: Final = (
    sa.select(
        col(ApiKey.id),
        col(ApiKey.organization_id),
        col(Organization.sends_per_hour),
        col(Organization.paused_at),
        col(Organization.paused_reason),
    )
    .join(Organization, col(Organization.id) == col(ApiKey.organization_id))
    .where(col(ApiKey.hash) == sa.bindparam("hash"))
)
"""Whose key it is; no row for a key that never was or was deleted."""
