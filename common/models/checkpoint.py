"""How far a worker has come, where another one has to know."""

from typing import Final

from sqlmodel import Field, SQLModel

from common.models.base import TIMESTAMP, datetime

FEEDBACK: Final = "feedback"
"""All that SES had put into the feedback queue by then has been applied."""


class Checkpoint(SQLModel, table=True):
    """A moment by the database's clock."""

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=TIMESTAMP)


__all__ = ["FEEDBACK", "Checkpoint"]
