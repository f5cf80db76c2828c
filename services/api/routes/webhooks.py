"""Webhooks: endpoints that are told of events."""

# ruff: noqa: FAST003 - WebhookId carries the name that the path has

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common import clock, resources
from common.resources import Resource
from services.api import rows, webhooks
from services.api.body import json_body
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, RuntimeDep, WebhookId, bearer
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.responses import answer
from services.api.schemas.webhooks import (
    NewWebhook,
    RotatedWebhook,
    WebhookChange,
    WebhookShown,
    WebhookWithSecret,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post("", status_code=201, response_model=WebhookWithSecret)
async def create_webhook(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    claimed: Idempotency,
    new: Annotated[NewWebhook, json_body(NewWebhook)],
) -> Response:
    """Create a webhook. Its `secret` is in this answer only."""
    webhooks.check_url(new.url, allow_private=runtime.settings.webhook_allow_private)

    async def create(connection: AsyncConnection) -> Resource:
        row, secret = await webhooks.insert(connection, caller, new, runtime.vault)
        return resources.webhook(row) | {"secret": secret}

    sealed = claimed and claimed.sealed_with(bearer(request))
    return await once(runtime.engine, sealed, 201, create)


@router.get("", response_model=list[WebhookShown])
async def list_webhooks(
    request: Request, runtime: RuntimeDep, caller: CallerDep, page: PageDep
) -> Response:
    """All webhooks, newest first."""
    values = {"organization_id": caller.organization_id, **page.values}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, webhooks.LIST, values)
    return listed(request, page, found, resources.webhook)


@router.get("/{webhookId}", response_model=WebhookShown)
async def get_webhook(runtime: RuntimeDep, caller: CallerDep, webhook_id: WebhookId) -> Response:
    """One webhook, without its secret."""
    async with runtime.engine.connect() as connection:
        row = await webhooks.one(connection, webhooks.key_of(caller, webhook_id))
    return answer(resources.webhook(row))


@router.patch("/{webhookId}", response_model=WebhookShown)
async def update_webhook(
    runtime: RuntimeDep,
    caller: CallerDep,
    webhook_id: WebhookId,
    change: Annotated[WebhookChange, json_body(WebhookChange)],
) -> Response:
    """Change a webhook; what is left out stays. What is still due for an endpoint that is disabled
    is not delivered; once it is enabled again, `replay` brings that back.
    """
    if "url" in change.model_fields_set:
        webhooks.check_url(change.url, allow_private=runtime.settings.webhook_allow_private)
    async with runtime.engine.begin() as connection:
        row = await webhooks.change(connection, caller, webhook_id, change)
    return answer(resources.webhook(row))


@router.delete("/{webhookId}", response_model=WebhookShown)
async def delete_webhook(runtime: RuntimeDep, caller: CallerDep, webhook_id: WebhookId) -> Response:
    """Delete a webhook. What is still due for it is not delivered any more."""
    async with runtime.engine.begin() as connection:
        row = await webhooks.delete(connection, caller, webhook_id, clock.now())
    return answer(resources.webhook(row))


@router.post("/{webhookId}/rotate", response_model=RotatedWebhook)
async def rotate_webhook_secret(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    webhook_id: WebhookId,
    claimed: Idempotency,
) -> Response:
    """Make a new secret. For 24 hours each call is signed with the old one too, so that no endpoint
    has to change in the same moment; a secret that is older than both is dead at once.
    """

    async def create(connection: AsyncConnection) -> Resource:
        row, secret = await webhooks.rotate(connection, caller, webhook_id, runtime.vault)
        until = clock.wire(row["old_secret_until"])
        return resources.webhook(row) | {"secret": secret, "oldSecretValidUntil": until}

    sealed = claimed and claimed.sealed_with(bearer(request))
    return await once(runtime.engine, sealed, 200, create)
