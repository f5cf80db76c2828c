"""What happened to an organization before, and calls of the replay of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from common import clock, events, ids
from common.events import NewEvent
from common.models import Delivery
from services.api.schemas.replay import ReplayShown
from tests.integration.api.serving import Organization

NOW = clock.now()
LONG_AGO = clock.wire(NOW - timedelta(days=2))
MINUTE = timedelta(minutes=1)
DONE = {"attempts": 10, "finished_at": NOW, "due_at": NOW + MINUTE, "lease_token": ids.new()}


def replay(client: httpx.Client, webhook: dict[str, Any], **body: str) -> dict[str, Any]:
    response = client.post(f"/v1/webhooks/{webhook['id']}/replay", json=body)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    ReplayShown.model_validate(answer)
    assert answer["success"] is True
    return answer


class Past:
    """What happened to an organization, at a minute's distance from one another."""

    def __init__(self, engine: sa.Engine, owner: Organization) -> None:
        self.engine = engine
        self.owner = owner

    def happens(self, *kinds: str, **members: Any) -> list[NewEvent]:
        """The last of them happened just now."""
        times = [NOW - MINUTE * ago for ago in reversed(range(len(kinds)))]
        told = [self._event(kind, at, members) for kind, at in zip(kinds, times, strict=True)]
        with self.engine.begin() as connection:
            connection.execute(*events.write(told))
        return told

    def _event(self, kind: str, at: datetime, members: dict[str, Any]) -> NewEvent:
        event_id = ids.first_at(at.timestamp() + 0.0005).int | ids.new().int % (1 << 64)
        payload = {"threadId": "thread_1"}
        return NewEvent(
            self.owner.id, kind, payload, created_at=at, id=UUID(int=event_id), **members
        )

    def ends(self, event: NewEvent, state: str) -> None:
        values = {"state": state, **({} if state == "pending" else DONE)}
        changed = sa.update(Delivery).where(Delivery.__table__.c.event_id == event.id)  # type: ignore[attr-defined]
        with self.engine.begin() as connection:
            connection.execute(changed.values(**values))

    def states(self) -> dict[Any, str]:
        return {row["event_id"]: row["state"] for row in self.deliveries()}

    def deliveries(self) -> list[dict[str, Any]]:
        query = sa.text("SELECT *, due_at <= now() AS is_due FROM delivery ORDER BY event_id")
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def delivery_id(self, event: NewEvent) -> str:
        [found] = [row["id"] for row in self.deliveries() if row["event_id"] == event.id]
        return ids.encode(ids.DELIVERY, found)
