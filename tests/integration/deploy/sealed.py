"""Webhook secrets as they are stored, under keys of three years."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common.models import Webhook
from common.vault import Vault
from services.webhooks.signing import new_secret
from tests.integration.builders import Tenant
from tests.tenants import put, rows

NEW: Final = "2026:MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM="
OLD: Final = "2025:MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="
LOST: Final = "2024:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="


def webhook(acme: Tenant, engine: sa.Engine, keys: str | None, **columns: Any) -> Webhook:
    """With a secret and an old one, sealed with these keys, or plain."""
    row = Webhook(
        organization_id=acme.organization.id,
        url="https://example.com/",
        events=["message.sent"],
        secret=new_secret(),
        old_secret=new_secret(),
        **columns,
    )
    stored = row.model_copy()
    if keys and row.old_secret:
        vault = Vault.with_keys(keys)
        stored.secret = vault.seal(row.secret, row.id)
        stored.old_secret = vault.seal(row.old_secret, row.id)
    put(engine, stored)
    return row


def stored(engine: sa.Engine) -> dict[UUID, tuple[str, str | None]]:
    found = rows(engine, "SELECT id, secret, old_secret FROM webhook")
    return {row["id"]: (row["secret"], row["old_secret"]) for row in found}


def opened(engine: sa.Engine, keys: str) -> dict[UUID, tuple[str, str | None]]:
    """All secrets, as these keys open them."""
    vault = Vault.with_keys(keys)
    return {
        one: (vault.open(secret, one), old and vault.open(old, one))
        for one, (secret, old) in stored(engine).items()
    }
