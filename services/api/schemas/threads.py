"""Threads: messages that answer each other."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from services.api.dependencies import id_schema
from services.api.schemas import examples
from services.api.schemas.base import Shown, Timestamp
from services.api.schemas.messages import MessageShown


class ThreadShown(Shown):
    """A thread. `subject` is that of the message which began it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        title="Thread", json_schema_extra={"examples": [examples.THREAD]}
    )

    id: str = Field(json_schema_extra=id_schema("thread"))
    id_: str = Field(alias="_id", json_schema_extra=id_schema("thread"))
    organization_id: str = Field(json_schema_extra=id_schema("org"))
    inbox_id: str = Field(json_schema_extra=id_schema("inbox"))
    subject: str = Field(examples=["Your order 4711"])
    participants: list[str] = Field(
        description="The addresses of its messages, in the order in which they came in.",
        examples=[["support@mail.example.com", "jane@customer.example"]],
    )
    message_count: int = Field(ge=1)
    last_message_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp


class ThreadWithMessages(ThreadShown):
    """A thread and its messages, oldest first."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        title="ThreadWithMessages",
        json_schema_extra={"examples": [{**examples.THREAD, "messages": [examples.MESSAGE]}]},
    )

    messages: list[MessageShown]
