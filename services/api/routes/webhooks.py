"""Webhooks: endpoints that are told of events."""

# ruff: noqa: FAST003 - WebhookId carries the name that the path has

from typing import Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common import clock, ids, resources
from common.db import identifiers
from common.resources import Resource, Row
from services.api import endpoint, rows
from services.api.body import json_body
from services.api.cursor import PageDep, listed
from services.api.dependencies import Caller, CallerDep, RuntimeDep, WebhookId
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.problems import FieldError, all_invalid, invalid, not_found
from services.api.responses import answer
from services.api.schemas.webhooks import NewWebhook, WebhookShown, WebhookWithSecret

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_COLUMNS: Final = "id, organization_id, url, events, inbox_ids, enabled, created_at, updated_at"
_MINE: Final = "organization_id = :organization_id AND deleted_at IS NULL"

_INSERT: Final = sa.text(f"""
INSERT INTO webhook ({_COLUMNS}, secret)
VALUES (:id, :organization_id, :url, CAST(:events AS text[]), CAST(:inbox_ids AS uuid[]), true,
    :created_at, :created_at, :secret)
RETURNING {_COLUMNS}
""")
_LIST: Final = sa.text(
    f"SELECT {_COLUMNS} FROM webhook WHERE {_MINE} AND id < :before ORDER BY id DESC LIMIT :limit"
)
GET: Final = sa.text(f"SELECT {_COLUMNS} FROM webhook WHERE {_MINE} AND id = :id")
_DELETE: Final = sa.text(
    f"UPDATE webhook SET deleted_at = :now WHERE {_MINE} AND id = :id RETURNING {_COLUMNS}"
)
_MY_INBOXES: Final = sa.text(
    f"SELECT id FROM inbox WHERE {_MINE} AND id = ANY (CAST(:ids AS uuid[]))"
)


@router.post("", status_code=201, response_model=WebhookWithSecret)
async def create_webhook(
    runtime: RuntimeDep,
    caller: CallerDep,
    claimed: Idempotency,
    new: Annotated[NewWebhook, json_body(NewWebhook)],
) -> Response:
    """Create a webhook. Its `secret` is in this answer only."""
    try:
        endpoint.check(new.url, allow_private=runtime.settings.webhook_allow_private)
    except endpoint.EndpointError as error:
        raise invalid("url", str(error)) from None

    async def create(connection: AsyncConnection) -> Resource:
        await _check_inboxes(connection, caller, new.inbox_ids)
        secret = endpoint.new_secret()
        row = await one(connection, _INSERT, _values(caller, new, secret))
        return resources.webhook(row) | {"secret": secret}

    return await once(runtime.engine, claimed, 201, create)


@router.get("", response_model=list[WebhookShown])
async def list_webhooks(
    request: Request, runtime: RuntimeDep, caller: CallerDep, page: PageDep
) -> Response:
    """All webhooks, newest first."""
    values = {"organization_id": caller.organization_id, **page.values}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, _LIST, values)
    return listed(request, page, found, resources.webhook)


@router.get("/{webhookId}", response_model=WebhookShown)
async def get_webhook(runtime: RuntimeDep, caller: CallerDep, webhook_id: WebhookId) -> Response:
    """One webhook, without its secret."""
    async with runtime.engine.connect() as connection:
        row = await one(connection, GET, key_of(caller, webhook_id))
    return answer(resources.webhook(row))


@router.delete("/{webhookId}", response_model=WebhookShown)
async def delete_webhook(runtime: RuntimeDep, caller: CallerDep, webhook_id: WebhookId) -> Response:
    """Delete a webhook. What is still due for it is not delivered any more."""
    async with runtime.engine.begin() as connection:
        row = await one(connection, _DELETE, key_of(caller, webhook_id) | {"now": clock.now()})
    return answer(resources.webhook(row))


def key_of(caller: Caller, webhook_id: UUID) -> dict[str, Any]:
    """The parameters of every query for one webhook."""
    return {"organization_id": caller.organization_id, "id": webhook_id}


async def one(connection: AsyncConnection, query: sa.TextClause, values: dict[str, Any]) -> Row:
    """The webhook, or the 404 of nothing."""
    row = await rows.one(connection, query, values)
    if row is None:
        raise not_found("webhook")
    return row


def _values(caller: Caller, new: NewWebhook, secret: str) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "organization_id": caller.organization_id,
        "url": new.url,
        "events": list(new.events),
        "inbox_ids": None if new.inbox_ids is None else identifiers(new.inbox_ids),
        "created_at": clock.now(),
        "secret": secret,
    }


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
