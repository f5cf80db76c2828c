"""Who owns things, and the keys by which they prove it."""

from typing import Any

from sqlmodel import Field, Index, SQLModel, text

from common.models.base import (
    JSON,
    UUID,
    datetime,
    moment,
    moment_of_creation,
    primary_key,
    tenant,
)


class Organization(SQLModel, table=True):
    """A tenant. Nothing of one is visible to another.

    While `paused_at` has a value nothing of it is sent, and nothing new accepted; `paused_reason`
    says why. What was accepted before `counted_from` counts towards no pause any more.
    """

    # Each claim of a sender asks who is paused; there are few, of however many.
    __table_args__ = (
        Index("ix_organization_paused", "id", postgresql_where=text("paused_at IS NOT NULL")),
    )

    id: UUID = primary_key()
    name: str
    sends_per_hour: int | None = None  # None: the installation's setting
    paused_at: datetime | None = moment()
    paused_reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    counted_from: datetime | None = moment()
    created_at: datetime = moment_of_creation()


class ApiKey(SQLModel, table=True):
    """A key, as its SHA-256. A random key of 190 bits needs no slow hash."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "organization_id", "id"),)

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    name: str
    prefix: str  # the first letters, for people who look for a leaked key
    hash: bytes = Field(unique=True)
    created_at: datetime = moment_of_creation()
