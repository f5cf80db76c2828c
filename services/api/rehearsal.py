"""The event that an owner asks for, to see that an endpoint hears and verifies."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import clock, events, ids, resources
from common.events import NewEvent
from common.resources import Resource, Row

_DELIVERY: Final = sa.text("""
INSERT INTO delivery
    (id, organization_id, event_id, webhook_id, state, due_at, attempts, created_at)
VALUES (:id, :organization_id, :event_id, :webhook_id, 'pending', :now, 0, :now)
""")


async def write(connection: AsyncConnection, webhook: Row) -> Resource:
    """A test event with one delivery, due now, to this webhook alone."""
    event = NewEvent(webhook["organization_id"], events.TEST, resources.webhook(webhook))
    # Nobody can subscribe to this type, so this makes no deliveries: the one below is the only.
    await connection.execute(*events.write([event]))
    delivery_id = ids.new()
    values = {
        "id": delivery_id,
        "organization_id": webhook["organization_id"],
        "event_id": event.id,
        "webhook_id": webhook["id"],
        "now": clock.now(),
    }
    await connection.execute(_DELIVERY, values)
    return {"success": True, "deliveryId": ids.encode(ids.DELIVERY, delivery_id)}
