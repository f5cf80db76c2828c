"""Trying a webhook, and what became of every try."""

from typing import Final

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common import clock, ids, queue
from common.resources import Resource, Row, present
from services.api import rehearsal, rows
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, RuntimeDep, WebhookId
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.openapi import problem
from services.api.routes.webhooks import GET, key_of, one
from services.api.schemas.webhooks import AttemptShown, SentTest

router = APIRouter(prefix="/v1/webhooks/{webhookId}", tags=["webhooks"])

_ATTEMPTS: Final = sa.text("""
SELECT a.id, a.delivery_id, d.event_id, e.type, a.number, a.status, a.error, a.excerpt,
    a.latency_ms, a.created_at
FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN event e ON e.id = d.event_id
WHERE a.organization_id = :organization_id AND a.webhook_id = :id AND a.id < :before
ORDER BY a.id DESC LIMIT :limit
""")


@router.post(
    "/test",
    status_code=202,
    response_model=SentTest,
    responses={409: problem("`webhook_disabled`, or `idempotency_key_in_flight`")},
)
async def test_webhook(
    runtime: RuntimeDep, caller: CallerDep, webhook_id: WebhookId, claimed: Idempotency
) -> Response:
    """Send a signed test event to this endpoint alone."""

    async def create(connection: AsyncConnection) -> Resource:
        row = await one(connection, GET, key_of(caller, webhook_id))
        return await rehearsal.write(connection, row)

    response = await once(runtime.engine, claimed, 202, create)
    runtime.ring(queue.WEBHOOKS)
    return response


@router.get("/attempts", response_model=list[AttemptShown])
async def list_attempts(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    webhook_id: WebhookId,
    page: PageDep,
) -> Response:
    """Every try at telling this endpoint of an event, newest first."""
    key = key_of(caller, webhook_id)
    async with runtime.engine.connect() as connection:
        await one(connection, GET, key)
        found = await rows.every(connection, _ATTEMPTS, key | page.values)
    return listed(request, page, found, _attempt)


def _attempt(row: Row) -> Resource:
    attempt_id = ids.encode(ids.ATTEMPT, row["id"])
    return present(
        id=attempt_id,
        _id=attempt_id,
        deliveryId=ids.encode(ids.DELIVERY, row["delivery_id"]),
        eventId=ids.encode(ids.EVENT, row["event_id"]),
        event=row["type"],
        number=row["number"],
        status=row["status"],
        error=row["error"],
        excerpt=row["excerpt"] or None,
        latencyMs=row["latency_ms"],
        createdAt=clock.wire(row["created_at"]),
    )
