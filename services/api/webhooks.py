"""Webhooks in the database: how one is written, found and changed."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, ids
from common.db import identifiers
from common.models.webhook import BY_OWNER
from common.resources import WEBHOOK_COLUMNS, Row
from common.vault import Vault
from services.api import endpoint, rows
from services.api.dependencies import Caller
from services.api.problems import FieldError, Problem, all_invalid, invalid, not_found
from services.api.schemas.webhooks import NewWebhook, WebhookChange

OLD_SECRET_LIVES: Final = timedelta(hours=24)

_MINE: Final = "organization_id = :organization_id AND deleted_at IS NULL"

_INSERT: Final = sa.text(f"""
INSERT INTO webhook (id, organization_id, url, description, events, inbox_ids, ordered, enabled,
    secret, created_at, updated_at)
VALUES (:id, :organization_id, :url, :description, CAST(:events AS text[]),
    CAST(:inbox_ids AS uuid[]), :ordered, true, :secret, :now, :now)
RETURNING {WEBHOOK_COLUMNS}
""")
LIST: Final = sa.text(f"""
SELECT {WEBHOOK_COLUMNS} FROM webhook WHERE {_MINE} AND id < :before ORDER BY id DESC LIMIT :limit
""")
GET: Final = sa.text(f"SELECT {WEBHOOK_COLUMNS} FROM webhook WHERE {_MINE} AND id = :id")
_LOCK: Final = sa.text(
    f"SELECT {WEBHOOK_COLUMNS} FROM webhook WHERE {_MINE} AND id = :id FOR NO KEY UPDATE"
)
# What an endpoint has done wrong is forgotten with `anew`: it may be another one now.
_CHANGE: Final = sa.text(f"""
UPDATE webhook SET url = :url, description = :description, events = CAST(:events AS text[]),
    inbox_ids = CAST(:inbox_ids AS uuid[]), ordered = :ordered, enabled = :enabled,
    disabled_reason = :disabled_reason, updated_at = :now,
    failures = CASE WHEN :anew THEN 0 ELSE failures END,
    failing_since = CASE WHEN :anew THEN NULL ELSE failing_since END,
    probe_at = CASE WHEN :anew THEN NULL ELSE probe_at END
WHERE {_MINE} AND id = :id RETURNING {WEBHOOK_COLUMNS}
""")
_ROTATE: Final = sa.text(f"""
UPDATE webhook SET old_secret = secret, old_secret_until = :until, secret = :secret,
    updated_at = :now
WHERE {_MINE} AND id = :id RETURNING {WEBHOOK_COLUMNS}, old_secret_until
""")
_DELETE: Final = sa.text(
    f"UPDATE webhook SET deleted_at = :now WHERE {_MINE} AND id = :id RETURNING {WEBHOOK_COLUMNS}"
)
_MY_INBOXES: Final = sa.text(
    f"SELECT id FROM inbox WHERE {_MINE} AND id = ANY (CAST(:ids AS uuid[]))"
)


def key_of(caller: Caller, webhook_id: UUID) -> dict[str, Any]:
    """The parameters of every query for one webhook."""
    return {"organization_id": caller.organization_id, "id": webhook_id}


async def one(
    connection: AsyncConnection, values: dict[str, Any], query: sa.TextClause = GET
) -> Row:
    """The webhook, or the 404 of nothing."""
    row = await rows.one(connection, query, values)
    if row is None:
        raise not_found("webhook")
    return row


async def one_enabled(connection: AsyncConnection, values: dict[str, Any]) -> Row:
    """As `one`; Problem 409 for one that is not called."""
    row = await one(connection, values)
    if not row["enabled"]:
        raise Problem(
            409, "webhook_disabled", "This webhook is disabled: its endpoint is not called."
        )
    return row


async def insert(
    connection: AsyncConnection, caller: Caller, new: NewWebhook, vault: Vault
) -> tuple[Row, str]:
    """A new webhook, and its secret; of that the table has only what the vault made of it."""
    await _check_inboxes(connection, caller, new.inbox_ids)
    webhook_id, secret = ids.new(), endpoint.new_secret()
    values = {
        **key_of(caller, webhook_id),
        "url": new.url,
        "description": new.description,
        "events": list(new.events),
        "inbox_ids": _array(new.inbox_ids),
        "ordered": new.ordered,
        "secret": vault.seal(secret, webhook_id),
        "now": clock.now(),
    }
    return await one(connection, values, _INSERT), secret


async def change(
    connection: AsyncConnection, caller: Caller, webhook_id: UUID, asked: WebhookChange
) -> Row:
    """Only what is asked for changes."""
    key, given = key_of(caller, webhook_id), asked.model_fields_set
    row = await one(connection, key, _LOCK)
    await _check_inboxes(connection, caller, asked.inbox_ids)
    values = {
        name: getattr(asked, name) if name in given else row[name]
        for name in ("url", "description", "events", "inbox_ids", "ordered", "enabled")
    }
    values |= {
        "events": list(values["events"]),
        "inbox_ids": _array(values["inbox_ids"]),
        "disabled_reason": row["disabled_reason"],
        "anew": values["url"] != row["url"],
        "now": clock.now(),
    }
    if "enabled" in given:
        values["disabled_reason"] = None if asked.enabled else BY_OWNER
        values["anew"] |= asked.enabled
    return await one(connection, key | values, _CHANGE)


async def rotate(
    connection: AsyncConnection, caller: Caller, webhook_id: UUID, vault: Vault
) -> tuple[Row, str]:
    """A new secret beside the one that there was, which signs too until `old_secret_until`."""
    secret, now = endpoint.new_secret(), clock.now()
    values = {
        **key_of(caller, webhook_id),
        "secret": vault.seal(secret, webhook_id),
        "until": now + OLD_SECRET_LIVES,
        "now": now,
    }
    return await one(connection, values, _ROTATE), secret


async def delete(
    connection: AsyncConnection, caller: Caller, webhook_id: UUID, now: datetime
) -> Row:
    """The webhook as it was; what is still due for it is not delivered any more."""
    return await one(connection, key_of(caller, webhook_id) | {"now": now}, _DELETE)


def check_url(url: str, *, allow_private: bool) -> None:
    """Problem 422 for what cannot be an endpoint."""
    try:
        endpoint.check(url, allow_private=allow_private)
    except endpoint.EndpointError as error:
        raise invalid("url", str(error)) from None


async def _check_inboxes(
    connection: AsyncConnection, caller: Caller, asked: tuple[UUID, ...] | None
) -> None:
    """They must be this organization's; of another's nothing is told but that there is none."""
    if asked is None:
        return
    values = {"organization_id": caller.organization_id, "ids": identifiers(asked)}
    mine = set((await connection.execute(_MY_INBOXES, values)).scalars())
    strange = [at for at, one in enumerate(asked) if one not in mine]
    if strange:
        raise all_invalid(
            tuple(FieldError(f"inboxIds[{at}]", "There is no such inbox.") for at in strange)
        )


def _array(inbox_ids: tuple[UUID, ...] | None) -> list[str] | None:
    return None if inbox_ids is None else identifiers(inbox_ids)
