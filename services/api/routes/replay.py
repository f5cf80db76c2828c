"""Telling an endpoint again."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from common import queue
from common.resources import Resource
from services.api import replay, webhooks
from services.api.body import json_body
from services.api.dependencies import CallerDep, RuntimeDep, WebhookId
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.openapi import problem
from services.api.schemas.replay import NewReplay, ReplayShown

router = APIRouter(prefix="/v1/webhooks/{webhookId}", tags=["webhooks"])


@router.post(
    "/replay",
    status_code=202,
    response_model=ReplayShown,
    responses={
        404: problem("`webhook_not_found`, or `delivery_not_found`"),
        409: problem("`webhook_disabled`, or `idempotency_key_in_flight`"),
    },
)
async def replay_webhook(
    runtime: RuntimeDep,
    caller: CallerDep,
    webhook_id: WebhookId,
    claimed: Idempotency,
    asked: Annotated[NewReplay, json_body(NewReplay)],
) -> Response:
    """Deliver again: one delivery, all that have failed in a range of time, or all that happened in
    it, oldest first. The `webhook-id` is the same as before. What is still pending is left alone.
    """
    key = webhooks.key_of(caller, webhook_id)

    async def create(connection: AsyncConnection) -> Resource:
        await webhooks.one_enabled(connection, key)
        return (await replay.replay(connection, key, asked)).resource

    response = await once(runtime.engine, claimed, 202, create)
    runtime.ring(queue.WEBHOOKS)
    return response
