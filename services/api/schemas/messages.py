"""Messages, as callers write them and as they are shown."""

from typing import Any, ClassVar, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.api.dependencies import id_schema
from services.api.schemas import examples
from services.api.schemas.attachments import AttachmentShown
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
from services.api.schemas.received import ReceivedShown

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
    auto_submitted: bool = Field(
        False,
        description="No person wrote it: it carries `Auto-Submitted`, and other programs do not "
        "answer it (RFC 3834).",
    )

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

    @model_validator(mode="after")
    def _says_once_who_wrote_it(self) -> Self:
        if self.auto_submitted and any(name.lower() == "auto-submitted" for name in self.headers):
            words = "It says so by autoSubmitted or by its own header, not by both"
            raise PydanticCustomError("said_twice", words, {"at": ["autoSubmitted"]})
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
    quote: bool = Field(
        False,
        description="Append what is answered, as mail programs do: to `text` behind `> `, to "
        "`html` in a `blockquote`. It is quoted as text, since its HTML is a stranger's.",
    )
    force: bool = Field(
        False,
        description="Reply also to a message that is `automatic`, which is refused otherwise: two "
        "programs that answer each other do not stop.",
    )


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


class MessageShown(ReceivedShown):
    """A message, sent or received."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        title="Message", json_schema_extra={"examples": [examples.MESSAGE, examples.RECEIVED]}
    )

    id: str = Field(json_schema_extra=id_schema("msg"))
    id_: str = Field(alias="_id", json_schema_extra=id_schema("msg"))
    organization_id: str = Field(json_schema_extra=id_schema("org"))
    inbox_id: str = Field(json_schema_extra=id_schema("inbox"))
    thread_id: str = Field(json_schema_extra=id_schema("thread"))
    from_inbox_id: str | None = Field(None, json_schema_extra=id_schema("inbox"))
    from_: str = Field(alias="from", examples=["Shop <orders@shop.example>"])
    to_inbox_id: str | None = Field(None, json_schema_extra=id_schema("inbox"))
    reply_to: list[str] | None = Field(None, description="Who gets the replies, if not `from`.")
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
