"""What happened, who wants to hear of it, and every try at telling them."""

from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Uuid
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
GONE, FAILING, BY_OWNER = "gone", "failing", "owner"
DISABLED_REASONS: Final = (GONE, FAILING, BY_OWNER)


class Event(SQLModel, table=True):
    """Something that happened, written in the transaction that made it happen.

    `payload` is the resource as it then was, without a message's `text` and `html`: those never
    change, are read from the message when the event is told, and would be stored once for each
    event otherwise. `transaction` is the one that wrote it: ids are made before they are
    committed, by clocks that differ, and only the order of transactions tells a reader what it
    cannot have missed.
    """

    __table_args__ = (
        Index(None, "organization_id", "id"),
        Index(None, "organization_id", "transaction", "id"),
        Index(None, "message_id", "id", postgresql_where=text("message_id IS NOT NULL")),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    inbox_id: UUID | None = None
    message_id: UUID | None = None
    type: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = moment_of_creation()
    transaction: int | None = Field(
        default=None,
        sa_type=BigInteger,
        nullable=False,
        sa_column_kwargs={"server_default": text("(pg_current_xact_id()::text)::bigint")},
    )


class Webhook(SQLModel, table=True):
    """An endpoint of a customer, and the events it asked for.

    `failures` counts failed attempts since the last good one, `failing_since` is the first of
    them. From `probe_at` on one attempt may find out whether the endpoint is back; until then
    none is made. `services/webhooks/health.py` says when.
    """

    __table_args__ = (
        Index(None, "organization_id", "id"),
        one_of("disabled_reason", *DISABLED_REASONS),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    url: str
    description: str | None = None
    events: list[str] = Field(sa_type=TEXTS)
    inbox_ids: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    ordered: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    secret: str = Field(repr=False)  # sealed (`common.vault`): `whsec_...`
    old_secret: str | None = Field(default=None, repr=False)  # sealed; signs too, until:
    old_secret_until: datetime | None = moment()
    enabled: bool = True
    disabled_reason: str | None = None
    failures: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    failing_since: datetime | None = moment()
    probe_at: datetime | None = moment()
    created_at: datetime = moment_of_creation()
    updated_at: datetime = moment_of_creation()
    deleted_at: datetime | None = moment()


class Delivery(SQLModel, table=True):
    """One event for one endpoint. Also the webhook worker's job.

    Of those with one `order_key` only the oldest event's may be attempted.
    """

    __table_args__ = (
        one_of("state", *DELIVERY_STATES),
        Index(None, "event_id", "webhook_id", unique=True),
        Index(  # each endpoint's oldest
            "ix_delivery_turn",
            "webhook_id",
            "due_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_delivery_order",
            "webhook_id",
            "order_key",
            "event_id",
            postgresql_where=text("state = 'pending' AND order_key IS NOT NULL"),
        ),
        Index(  # what can be replayed
            "ix_delivery_failed",
            "webhook_id",
            "event_id",
            postgresql_where=text("state IN ('exhausted', 'cancelled')"),
        ),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant_of_parent()
    event_id: UUID = Field(foreign_key="event.id")
    webhook_id: UUID = Field(foreign_key="webhook.id")
    state: str = "pending"
    due_at: datetime = moment_of_creation()
    lease_until: datetime | None = moment()
    lease_token: UUID | None = None
    attempts: int = 0  # since it was made, or replayed
    order_key: str | None = None  # where the endpoint asked for order: the thread's id
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
