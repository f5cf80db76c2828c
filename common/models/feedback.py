"""What SES told, once each and raw."""

from sqlmodel import Field, Index, SQLModel, text

from common.models.base import UUID, datetime, moment, moment_of_creation, primary_key


class Feedback(SQLModel, table=True):
    """One event of SES. Kept also when it names no message of ours or cannot be read."""

    __table_args__ = (
        # By age, as only young ones are looked at, every two seconds: what is somebody else's stays
        # here for ever (500,000 of those: 500 ms a look by external_message_id, 1 ms by age).
        Index(
            "ix_feedback_unmatched",
            "received_at",
            postgresql_where=text("applied_at IS NULL AND external_message_id IS NOT NULL"),
        ),
    )

    id: UUID = primary_key()
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    message_id: UUID | None = Field(default=None, index=True)
    dedup_key: str = Field(unique=True)
    kind: str  # SES's eventType in lower case, or `unreadable`
    external_message_id: str | None = None
    raw: str
    received_at: datetime = moment_of_creation()
    applied_at: datetime | None = moment()
