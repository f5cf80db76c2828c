"""Messages, as callers write them and as they are shown."""

from typing import Any, ClassVar, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.api.dependencies import id_schema
from services.api.schemas import examples
from services.api.schemas.base import Schema, Shown, Timestamp
from services.api.schemas.fields import (
    MOST_ATTACHMENTS,
    MOST_RECIPIENTS,
    Base64,
    ContentType,
    FileName,
    Headers,
    Labels,
    Mailboxes,
    Subject,
)

MessageStatus = Literal[
    "queued", "sent", "received", "delivered", "bounced", "complained", "rejected"
]
TOO_MANY: Final = f"A message has at most {MOST_RECIPIENTS} recipients in to, cc and bcc together"
# SES v2 takes 40 MB after encoding; the smaller of the two meanings of MB.
MOST_BYTES: Final = 40_000_000
_HEAD_BYTES: Final = 1_000  # of a part or the whole, beside what is counted


class NewAttachment(Schema):
    """A file to be sent along."""

    content: Base64
    name: FileName = Field(examples=["report.pdf"])
    content_type: ContentType = Field("application/octet-stream", examples=["application/pdf"])


class _Content(Schema):
    """What a new message and a reply have in common."""

    text: str | None = Field(None, examples=["Hello Jane, your order is on its way."])
    html: str | None = Field(None, examples=["<p>Hello Jane, your order is on its way.</p>"])
    labels: Labels = Field((), examples=[["orders"]])
    attachments: tuple[NewAttachment, ...] = Field((), max_length=MOST_ATTACHMENTS)
    cc: Mailboxes = ()
    bcc: Mailboxes = ()

    @model_validator(mode="after")
    def _has_a_body(self) -> Self:
        if not self.text and not self.html:
            raise PydanticCustomError(
                "no_body", "A message needs a text or an HTML body", {"at": ["text"]}
            )
        return self

    @property
    def mime_bytes(self) -> int:
        """No less than the mail will have: every body and file counted as base64 in lines."""
        bodies = [body for body in (self.text, self.html) if body]
        sizes = [len(body.encode()) + body.count("\n") for body in bodies]
        sizes += [len(one.content) for one in self.attachments]
        return _HEAD_BYTES + sum(_HEAD_BYTES + _as_base64(size) for size in sizes)


def _as_base64(size: int) -> int:
    letters = (size + 2) // 3 * 4
    return letters + letters // 76 * 2


class NewMessage(_Content):
    """A message to be sent from an inbox."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "to": ["Jane Doe <jane@customer.example>"],
                    "subject": "Your order 4711",
                    "text": "It is on its way.",
                    "html": "<p>It is on its way.</p>",
                    "labels": ["orders"],
                }
            ]
        }
    )

    to: Mailboxes = Field(min_length=1)
    subject: Subject = Field("", examples=["Your order 4711"])
    headers: Headers = Field(default_factory=dict, examples=[{"X-Campaign": "spring"}])
    reply_to: Mailboxes = ()

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.to) + len(self.cc) + len(self.bcc) > MOST_RECIPIENTS:
            raise PydanticCustomError("too_many_recipients", TOO_MANY, {"at": ["to"]})
        return self

    @property
    def mime_bytes(self) -> int:
        """The caller's own headers too."""
        own = sum(len(name) + 6 * len(value) for name, value in self.headers.items())
        return super().mime_bytes + own


class NewReply(_Content):
    """A reply; whom it goes to and its subject come from the message that it answers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"text": "Thank you, it has arrived.", "replyAll": True}]}
    )

    reply_all: bool = Field(False, description="Also to its other recipients.")


class LabelChanges(Schema):
    """Labels to be put on and taken off; taken off wins where both name one."""

    add: Labels = Field((), examples=[["done"]])
    remove: Labels = Field((), examples=[["orders"]])


class MessageChanges(Schema):
    """What can be changed of a message."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"labels": {"add": ["done"], "remove": ["orders"]}}]}
    )

    labels: LabelChanges


class RecipientShown(Shown):
    """One address of a message, and what became of it there."""

    email: str = Field(examples=["jane@customer.example"])
    kind: Literal["to", "cc", "bcc"]
    status: Literal[MessageStatus, "delayed"]
    reason: dict[str, Any] | None = Field(None, description="SES's words.")
    updated_at: Timestamp


class AttachmentShown(Shown):
    """A file that a message carries."""

    id: str = Field(json_schema_extra=id_schema("att"))
    name: str = Field(examples=["report.pdf"])
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes.")
    content: str | None = Field(None, description="Base64; only where one message is asked for.")


class MessageShown(Shown):
    """A message, sent or received."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        title="Message", json_schema_extra={"examples": [examples.MESSAGE]}
    )

    id: str = Field(json_schema_extra=id_schema("msg"))
    id_: str = Field(alias="_id", json_schema_extra=id_schema("msg"))
    organization_id: str = Field(json_schema_extra=id_schema("org"))
    inbox_id: str = Field(json_schema_extra=id_schema("inbox"))
    thread_id: str = Field(json_schema_extra=id_schema("thread"))
    from_inbox_id: str | None = Field(None, json_schema_extra=id_schema("inbox"))
    from_: str = Field(alias="from", examples=["Shop <orders@shop.example>"])
    to_inbox_id: str | None = Field(None, json_schema_extra=id_schema("inbox"))
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    text: str | None = None
    html: str | None = None
    labels: list[str]
    attachments: list[AttachmentShown]
    external_message_id: str | None = Field(None, description="The id that SES gave.")
    status: MessageStatus
    status_reason: dict[str, Any] | None = Field(None, description="Why, in words.")
    recipients: list[RecipientShown]
    in_reply_to: str | None = Field(None, json_schema_extra=id_schema("msg"))
    created_at: Timestamp
    updated_at: Timestamp
