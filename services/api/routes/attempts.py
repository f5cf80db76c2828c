"""Trying a webhook, and what became of every try."""

from functools import cache
from typing import Annotated, Final, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common import clock, ids, queue
from common.resources import Resource, Row, present
from services.api import filters, rehearsal, rows, webhooks
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, RuntimeDep, WebhookId
from services.api.filters import EventType, OfDelivery, OfEvent, OfMessage
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.openapi import problem
from services.api.schemas.attempts import AttemptShown, SentTest

router = APIRouter(prefix="/v1/webhooks/{webhookId}", tags=["webhooks"])

_BASE: Final = """
SELECT a.id, a.delivery_id, d.event_id, e.type, a.number, a.status, a.error, a.excerpt,
    a.latency_ms, a.created_at
FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN event e ON e.id = d.event_id
WHERE a.organization_id = :organization_id AND a.webhook_id = :id AND a.id < :before
"""
_CONDITIONS: Final = {
    "delivered": "a.error IS NULL AND a.status BETWEEN 200 AND 299",
    "failed": "(a.error IS NULL AND a.status BETWEEN 200 AND 299) IS NOT TRUE",
    "type": "e.type = :type",
    "delivery_id": "a.delivery_id = :delivery_id",
    "event_id": "d.event_id = :event_id",
    "message_id": "e.message_id = :message_id",
}


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
        row = await webhooks.one_enabled(connection, webhooks.key_of(caller, webhook_id))
        return await rehearsal.write(connection, row)

    response = await once(runtime.engine, claimed, 202, create)
    runtime.ring(queue.WEBHOOKS)
    return response


@router.get("/attempts", response_model=list[AttemptShown])
async def list_attempts(  # noqa: PLR0913 - most are query parameters
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    webhook_id: WebhookId,
    page: PageDep,
    *,
    outcome: Annotated[Literal["delivered", "failed"] | None, Query()] = None,
    event_type: Annotated[EventType | None, Query(alias="type")] = None,
    delivery_id: Annotated[OfDelivery | None, Query(alias="deliveryId")] = None,
    event_id: Annotated[OfEvent | None, Query(alias="eventId")] = None,
    message_id: Annotated[OfMessage | None, Query(alias="messageId")] = None,
) -> Response:
    """Every try at telling this endpoint of an event, newest first; all of them, or those with one
    outcome, or at one type of event, delivery, event or message.
    """
    asked = filters.given(
        type=event_type, delivery_id=delivery_id, event_id=event_id, message_id=message_id
    )
    query = _query((*asked, outcome) if outcome else tuple(asked))
    key = webhooks.key_of(caller, webhook_id)
    async with runtime.engine.connect() as connection:
        await webhooks.one(connection, key)
        found = await rows.every(connection, query, key | page.values | asked)
    return listed(request, page, found, _attempt)


@cache
def _query(names: tuple[str, ...]) -> sa.TextClause:
    """A statement for each set of filters: one for all would be planned for none of them."""
    conditions = "".join(f" AND {_CONDITIONS[name]}" for name in names)
    return sa.text(f"{_BASE}{conditions} ORDER BY a.id DESC LIMIT :limit")


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
