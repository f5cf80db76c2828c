"""Which answer an Idempotency-Key has had."""

from sqlmodel import Field, Index, SQLModel

from common.models.base import UUID, datetime, moment_of_creation


class Idempotency(SQLModel, table=True):
    """Written in the transaction of what it protects, so it exists if and only if that does."""

    __table_args__ = (Index(None, "created_at"),)  # for who deletes the old ones

    organization_id: UUID = Field(primary_key=True, foreign_key="organization.id")
    key: str = Field(primary_key=True)
    fingerprint: str  # SHA-256 of method, path and body
    status: int
    body: bytes  # the first answer, byte for byte
    created_at: datetime = moment_of_creation()
