"""A message, whom it goes to, what it carries. The message row is also the sender's job."""

from typing import Any, Final

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, Index, SQLModel, text

from common import statuses
from common.models.base import (
    JSON,
    TEXTS,
    UUID,
    datetime,
    flag,
    moment,
    moment_of_creation,
    one_of,
    primary_key,
    tenant,
    tenant_of_parent,
)

SEND_STATES: Final = ("queued", "sending", "unknown", "held", "done")


class Message(SQLModel, table=True):
    """One mail, sent or received.

    `send_state` is the sender's own (None for what was received): `queued` waits until `due_at`
    and is nobody's, or somebody's until `lease_until`, and was surely not given to SES;
    `sending` may have been; `unknown` is one whose sender vanished or whose answer never came, and
    `due_at` the moment until which an event of SES may tell; `held` is one of which none has told;
    `done` needs no sender. `claims` are those that ended neither in a call nor in a return: a
    message that kills its senders is known by them. `status` is what callers see.
    """

    __table_args__ = (
        one_of("direction", "outbound", "inbound"),
        one_of("status", *statuses.MESSAGE_STATUSES),
        one_of("send_state", *SEND_STATES),
        Index(None, "inbox_id", "id"),
        Index(None, "thread_id", "id"),
        Index(None, "organization_id", "id"),
        Index(  # whose turn it is: each organization's oldest
            "ix_message_turn",
            "organization_id",
            "due_at",
            postgresql_where=text("send_state = 'queued'"),
        ),
        Index(  # those that may have killed a sender: none, as a rule
            "ix_message_suspect",
            "due_at",
            postgresql_where=text("send_state = 'queued' AND claims > 1"),
        ),
        Index("ix_message_unknown", "due_at", postgresql_where=text("send_state = 'unknown'")),
        Index("ix_message_sending", "lease_until", postgresql_where=text("send_state = 'sending'")),
        Index(
            None, "external_message_id", postgresql_where=text("external_message_id IS NOT NULL")
        ),
        Index(  # one receipt of SES makes one message in each inbox, however often it is told
            "uq_message_receipt",
            "inbox_id",
            "external_message_id",
            unique=True,
            postgresql_where=text("direction = 'inbound'"),
        ),
        Index(  # what an answer refers to
            None,
            "inbox_id",
            "internet_message_id",
            postgresql_where=text("internet_message_id IS NOT NULL"),
        ),
        Index(  # messages by label, and how many have each
            "ix_message_labelled",
            "inbox_id",
            "id",
            postgresql_include=["labels"],
            postgresql_where=text("labels <> '{}'"),
        ),
    )

    id: UUID = primary_key()
    organization_id: UUID = tenant()
    inbox_id: UUID = Field(foreign_key="inbox.id")
    thread_id: UUID = Field(foreign_key="thread.id")
    direction: str
    from_email: str
    from_name: str = ""
    reply_to: list[str] = Field(default_factory=list, sa_type=TEXTS)  # "Name <address>"
    subject: str = ""
    text: str | None = None
    html: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    labels: list[str] = Field(default_factory=list, sa_type=TEXTS)
    in_reply_to_id: UUID | None = None
    internet_message_id: str | None = None  # Message-ID of received mail (RFC 5322 section 3.6.4)
    reference_ids: list[str] = Field(default_factory=list, sa_type=TEXTS)  # the parent's chain
    external_message_id: str | None = None  # the id SES gave, to what it took or what it received
    extracted_text: str | None = None  # what is new in it: without quotes and signature
    sent_at: datetime | None = moment()  # by the Date of received mail
    verdicts: dict[str, str] | None = Field(default=None, sa_type=JSON)  # of SES, for each check
    sender_verified: bool | None = None  # DMARC passed for the From of received mail
    automatic: bool = flag()
    parse_error: str | None = None  # why received mail could not be read; its bytes are kept
    status: str
    status_reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    request_id: str | None = None
    trace: str | None = None  # `traceparent` (W3C Trace Context) of its accept or receipt
    created_at: datetime = moment_of_creation()
    updated_at: datetime = moment_of_creation()

    send_state: str | None = None
    due_at: datetime | None = moment()
    lease_until: datetime | None = moment()
    lease_token: UUID | None = None
    attempts: int = 0  # calls of SES
    claims: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Recipient(SQLModel, table=True):
    """One address of a message, and what became of it there."""

    __table_args__ = (
        one_of("kind", "to", "cc", "bcc"),
        one_of("status", *statuses.RECIPIENT_STATUSES),
    )

    message_id: UUID = Field(primary_key=True, foreign_key="message.id")
    position: int = Field(primary_key=True)
    organization_id: UUID = tenant_of_parent()
    kind: str
    email: str
    name: str = ""
    status: str
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    status_at: datetime = moment_of_creation()  # when SES saw it, by SES's clock
    updated_at: datetime = moment_of_creation()


class Blob(SQLModel, table=True):
    """Bytes, apart from the rows that describe them: a list of messages never reads any."""

    id: UUID = primary_key()
    organization_id: UUID = tenant_of_parent()
    content: bytes


class Attachment(SQLModel, table=True):
    """What a message carries; its bytes are the blob."""

    __table_args__ = (Index(None, "message_id", "position"),)

    id: UUID = primary_key()
    organization_id: UUID = tenant_of_parent()
    message_id: UUID = Field(foreign_key="message.id")
    position: int
    name: str
    content_type: str
    size: int  # bytes
    blob_id: UUID = Field(foreign_key="blob.id")
    content_id: str | None = None  # by which the HTML names it (`cid:`, RFC 2392)
    inline: bool = flag()
    detected_type: str | None = None  # by its first bytes, whatever its sender declared


class RawMail(SQLModel, table=True):
    """Where received mail lies as it came, byte for byte."""

    message_id: UUID = Field(primary_key=True, foreign_key="message.id")
    organization_id: UUID = tenant_of_parent()
    bucket: str
    key: str
    sha256: str  # hexadecimal
    size: int  # bytes


class Search(SQLModel, table=True):
    """A message's words. Made without them at accept, filled in sets soon after.

    A full text index is the dearest thing in an accept (measured: 56 us of Postgres a message
    without, 480 to 600 us with), so it is kept off the road of the mail.
    """

    __table_args__ = (
        Index("ix_search_waiting", "message_id", postgresql_where=text("document IS NULL")),
    )

    message_id: UUID = Field(primary_key=True, foreign_key="message.id")
    organization_id: UUID = tenant_of_parent()
    inbox_id: UUID
    document: str | None = Field(default=None, sa_column=Column(TSVECTOR, nullable=True))


__all__ = ["SEND_STATES", "Attachment", "Blob", "Message", "RawMail", "Recipient", "Search"]
