"""Who owns things, and the keys by which they prove it."""

from sqlmodel import Field, Index, SQLModel

from common.models.base import UUID, datetime, moment_of_creation, primary_key, tenant


class Organization(SQLModel, table=True):
    """A tenant. Nothing of one is visible to another."""

    id: UUID = primary_key()
    name: str
    sends_per_hour: int | None = None  # None: the installation's setting
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
