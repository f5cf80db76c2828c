"""Where mail is sent from and arrives: domains, inboxes, threads."""

from sqlmodel import Field, Index, SQLModel, text

from common.models.base import (
    TEXTS,
    UUID,
    datetime,
    moment,
    moment_of_creation,
    one_of,
    primary_key,
    tenant,
)


class Domain(SQLModel, table=True):
    """A domain that an organization has shown to be its own, or is about to."""

    __table_args__ = (
        Index(None, "organization_id", "name", unique=True),
        one_of("status", "pending", "verified"),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    name: str  # lower case, punycode
    status: str = "pending"
    created_at: datetime = moment_of_creation()


class Inbox(SQLModel, table=True):
    """An address that sends and receives. A deleted one keeps its row, for its mail's history."""

    __table_args__ = (
        # An address exists once in the whole installation, and may come back after its deletion.
        Index(
            "uq_inbox_email",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(None, "organization_id", "id"),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    email: str
    name: str | None = None
    created_at: datetime = moment_of_creation()
    updated_at: datetime = moment_of_creation()
    deleted_at: datetime | None = moment()


class Thread(SQLModel, table=True):
    """Messages that answer each other. Ordered by the newest of them."""

    __table_args__ = (Index(None, "inbox_id", "last_message_id"),)

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    inbox_id: UUID = Field(foreign_key="inbox.id")
    subject: str
    last_message_id: UUID  # a UUIDv7, so also the time of the last message; the key of the list
    message_count: int = 1
    participants: list[str] = Field(  # addresses, in the order in which they came in
        default_factory=list, sa_type=TEXTS, sa_column_kwargs={"server_default": "{}"}
    )
    created_at: datetime = moment_of_creation()
    updated_at: datetime = moment_of_creation()
