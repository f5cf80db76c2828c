"""Rows of any age, and how many are left."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import REGISTRY
from sqlalchemy import Engine

from common import clock, housekeeping, ids
from common.housekeeping import Retention
from common.models import Attempt, Delivery, Event, Feedback, Idempotency
from tests.integration import builders
from tests.integration.builders import Tenant
from tests.tenants import put, rows

DAYS = 30
LIMIT = timedelta(days=DAYS)
MINUTE = timedelta(minutes=1)
GOING = threading.Event()
"""Never set."""


def id_of(moment: datetime) -> UUID:
    return UUID(int=ids.first_at(moment.timestamp()).int | ids.new().int & (1 << 62) - 1)


def feedback(engine: Engine, age: timedelta, number: int = 1) -> None:
    moment = clock.now() - age
    put(
        engine,
        *(
            Feedback(
                id=id_of(moment), dedup_key=str(ids.new()), kind="open", raw="", received_at=moment
            )
            for _ in range(number)
        ),
    )


def answer(engine: Engine, owner: Tenant, key: str, age: timedelta) -> None:
    put(
        engine,
        Idempotency(
            organization_id=owner.organization.id,
            key=key,
            fingerprint="",
            status=202,
            body=b"",
            created_at=clock.now() - age,
        ),
    )


def event(
    engine: Engine, owner: Tenant, age: timedelta, state: str = "delivered", tries: int = 1
) -> UUID:
    """An event of that age with a delivery and its attempts, of which the last is of today."""
    moment = clock.now() - age
    hook = builders.webhook(engine, owner, "https://customer.example")
    told = Event(
        id=id_of(moment),
        organization_id=owner.organization.id,
        type="message.sent",
        payload={},
        created_at=moment,
    )
    delivery = Delivery(
        id=id_of(moment),
        organization_id=owner.organization.id,
        event_id=told.id,
        webhook_id=hook.id,
        state=state,
    )
    attempts = [
        Attempt(
            organization_id=owner.organization.id,
            delivery_id=delivery.id,
            webhook_id=hook.id,
            number=number,
            latency_ms=1,
        )
        for number in range(tries)
    ]
    put(engine, told, delivery, *attempts)
    return told.id


def count(engine: Engine, table: str) -> int:
    [row] = rows(engine, f"SELECT count(*) AS n FROM {table}")
    number: int = row["n"]
    return number


def purged(table: str) -> float:
    return REGISTRY.get_sample_value("postroom_purged_rows_total", {"table": table}) or 0.0


def every() -> list[Retention]:
    return [housekeeping.events(DAYS), housekeeping.idempotency(), housekeeping.feedback(DAYS)]
