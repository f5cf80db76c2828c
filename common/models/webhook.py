"""What happened, who wants to hear of it, and every try at telling them."""

from typing import Any, Final

from sqlalchemy import ARRAY, Uuid
from sqlmodel import Field, Index, SQLModel, text

from common.models.base import (
    JSON,
    TEXTS,
    UUID,
    datetime,
    moment,
    moment_of_creation,
    one_of,
    primary_key,
    tenant,
    tenant_of_parent,
)

DELIVERY_STATES: Final = ("pending", "delivered", "exhausted", "cancelled")


class Event(SQLModel, table=True):
    """Something that happened, written in the transaction that made it happen.

    `payload` is the resource as it then was, without a message's `text` and `html`: those never
    change, are read from the message when the event is told, and would be stored once for each
    event otherwise.
    """

    __table_args__ = (
        Index(None, "organization_id", "id"),
        Index(None, "message_id", "id", postgresql_where=text("message_id IS NOT NULL")),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    inbox_id: UUID | None = None
    message_id: UUID | None = None
    type: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = moment_of_creation()


class Webhook(SQLModel, table=True):
    """An endpoint of a customer, and the events it asked for."""

    __table_args__ = (Index(None, "organization_id", "id"),)

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    url: str
    events: list[str] = Field(sa_type=TEXTS)
    inbox_ids: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    secret: str = Field(repr=False)  # `whsec_...`
    enabled: bool = True
    created_at: datetime = moment_of_creation()
    updated_at: datetime = moment_of_creation()
    deleted_at: datetime | None = moment()


class Delivery(SQLModel, table=True):
    """One event for one endpoint. Also the webhook worker's job."""

    __table_args__ = (
        one_of("state", *DELIVERY_STATES),
        Index(None, "event_id", "webhook_id", unique=True),
        Index("ix_delivery_pending", "due_at", postgresql_where=text("state = 'pending'")),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant_of_parent()
    event_id: UUID = Field(foreign_key="event.id")
    webhook_id: UUID = Field(foreign_key="webhook.id")
    state: str = "pending"
    due_at: datetime = moment_of_creation()
    lease_until: datetime | None = moment()
    lease_token: UUID | None = None
    attempts: int = 0
    created_at: datetime = moment_of_creation()
    finished_at: datetime | None = moment()


class Attempt(SQLModel, table=True):
    """One try at a delivery, and what the endpoint said."""

    __table_args__ = (Index(None, "webhook_id", "id"), Index(None, "delivery_id"))

    id: UUID = primary_key()
    organization_id: UUID = tenant_of_parent()
    delivery_id: UUID = Field(foreign_key="delivery.id")
    webhook_id: UUID = Field(foreign_key="webhook.id")
    number: int  # 1 for the first
    status: int | None = None  # HTTP
    error: str | None = None
    excerpt: str = ""  # the first bytes of the answer
    latency_ms: int
    created_at: datetime = moment_of_creation()
