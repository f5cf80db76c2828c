"""Webhooks on the wire."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from common import ids
from services.api.dependencies import id_schema
from services.api.schemas.base import Schema, Shown, Timestamp
from services.api.schemas.subscription import ORDERED, Description, EventTypes, InboxIds, Url

_URL = "https://example.com/hooks/postroom"
_EXAMPLE_ID = "wh_01kamw5j2ref9tv8k3x6d0n4ab"
_EXAMPLE_SECRET = "whsec_Zm9yIGFuIGV4YW1wbGUsIDMyIGJ5dGVzIG9mIGl0ISE="  # noqa: S105 - of nobody
_EXAMPLE: dict[str, Any] = {
    "id": _EXAMPLE_ID,
    "_id": _EXAMPLE_ID,
    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
    "url": _URL,
    "description": "Tells the shop what became of its mail",
    "events": ["message.delivered", "message.bounced"],
    "inboxIds": ["inbox_01kamw3xbyfyts8n1z0m5vg2qd"],
    "ordered": False,
    "enabled": True,
    "createdAt": "2026-11-22T09:30:00.000Z",
    "updatedAt": "2026-11-22T09:30:00.000Z",
}
_DISABLED_EXAMPLE: dict[str, Any] = _EXAMPLE | {
    "enabled": False,
    "disabledReason": {"type": "failing", "message": "Every attempt of five days has failed."},
    "failingSince": "2026-11-22T10:12:31.000Z",
    "updatedAt": "2026-11-27T10:20:05.000Z",
}


class NewWebhook(Schema):
    """An endpoint that is to be told of events."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": _URL, "events": ["message.delivered", "message.bounced"]},
            ]
        }
    )

    url: Url
    description: Description | None = None
    events: EventTypes
    inbox_ids: InboxIds | None = None
    ordered: Annotated[bool, Field(description=ORDERED)] = False


class WebhookChange(Schema):
    """What to change of a webhook; what is left out stays."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"enabled": True}, {"url": _URL, "inboxIds": None}],
            "minProperties": 1,
        }
    )

    # What is not nullable has a default only so that it may be left out; nobody reads that.
    url: Annotated[Url, Field(default_factory=str)]
    description: Annotated[
        Description | None, Field(description="null takes the description away.")
    ] = None
    events: Annotated[EventTypes, Field(default_factory=tuple)]
    inbox_ids: Annotated[
        InboxIds | None, Field(description="Only events of these inboxes; null: of all.")
    ] = None
    enabled: Annotated[
        bool,
        Field(
            default_factory=bool,
            description="Whether the endpoint is called. true forgets how it has failed.",
        ),
    ]
    ordered: Annotated[bool, Field(default_factory=bool, description=ORDERED)]

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("At least one member is needed.")
        return self


class DisabledReason(Shown):
    """Why an endpoint is not called any more."""

    type: Literal["gone", "failing", "owner"] = Field(
        description="`gone`: it answered 410. `failing`: it has only failed, for five days. "
        "`owner`: it was asked for."
    )
    message: str


class WebhookShown(Shown):
    """An endpoint, and the events it asked for."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE, _DISABLED_EXAMPLE]}
    )

    id: str = Field(json_schema_extra=id_schema(ids.WEBHOOK))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    url: str
    description: str | None = None
    events: list[str]
    inbox_ids: list[str] | None = None
    ordered: bool
    enabled: bool
    disabled_reason: DisabledReason | None = None
    failing_since: Timestamp | None = Field(
        default=None, description="Nothing has been delivered since; absent while all is well."
    )
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(WebhookShown):
    """A webhook with its secret, which no other answer has."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "secret": _EXAMPLE_SECRET}]}
    )

    secret: str = Field(description="Verifies signatures (Standard Webhooks). Shown once.")


class RotatedWebhook(WebhookWithSecret):
    """A webhook with its new secret, and how long the old one is good."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "secret": _EXAMPLE_SECRET,
                    "oldSecretValidUntil": "2026-11-23T09:30:00.000Z",
                }
            ]
        }
    )

    old_secret_valid_until: Timestamp = Field(
        description="Until then each call is signed with both."
    )
