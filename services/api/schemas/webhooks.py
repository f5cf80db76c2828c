"""Webhooks and their attempts on the wire."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from common import events, ids
from services.api.dependencies import id_schema
from services.api.schemas.base import Schema, Shown, Timestamp

_MOST_INBOXES = 1000
_URL = "https://example.com/hooks/postroom"
_EXAMPLE_ID = "wh_01kamw5j2ref9tv8k3x6d0n4ab"
_EXAMPLE_DELIVERY = "dlv_01kamw6w9gfzcs2t7q4h5x8m3r"
_EXAMPLE_SECRET = "whsec_Zm9yIGFuIGV4YW1wbGUsIDMyIGJ5dGVzIG9mIGl0ISE="  # noqa: S105 - of nobody
_EXAMPLE: dict[str, Any] = {
    "id": _EXAMPLE_ID,
    "_id": _EXAMPLE_ID,
    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
    "url": _URL,
    "events": ["message.delivered", "message.bounced"],
    "inboxIds": ["inbox_01kamw3xbyfyts8n1z0m5vg2qd"],
    "enabled": True,
    "createdAt": "2026-11-22T09:30:00.000Z",
    "updatedAt": "2026-11-22T09:30:00.000Z",
}


def _event_type(value: str) -> str:
    if value not in events.DESCRIPTIONS:
        raise ValueError("There is no event of this name; see the list in the documentation.")
    return value


def _inbox_id(value: object) -> UUID:
    if not isinstance(value, str):
        raise ValueError("An inbox id is a text.")  # noqa: TRY004 - pydantic wants a ValueError
    try:
        return ids.decode(ids.INBOX, value)
    except ids.IdError:
        raise ValueError("There is no such inbox.") from None


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _distinct_ids(values: tuple[UUID, ...] | None) -> tuple[UUID, ...] | None:
    return values and tuple(dict.fromkeys(values))


EventType = Annotated[
    str,
    AfterValidator(_event_type),
    WithJsonSchema({"type": "string", "enum": list(events.DESCRIPTIONS)}),
]
SomeInboxId = Annotated[UUID, PlainValidator(_inbox_id), WithJsonSchema(id_schema(ids.INBOX))]


class NewWebhook(Schema):
    """An endpoint that is to be told of events."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": _URL, "events": ["message.delivered", "message.bounced"]},
            ]
        }
    )

    url: Annotated[
        str, Field(min_length=1, max_length=2048, description="https, reachable from outside.")
    ]
    events: Annotated[
        tuple[EventType, ...],
        Field(min_length=1, max_length=100),
        AfterValidator(_distinct),
    ]
    inbox_ids: Annotated[
        tuple[SomeInboxId, ...] | None,
        Field(
            min_length=1,
            max_length=_MOST_INBOXES,
            description="Only events of these inboxes; of all where it is left out.",
        ),
        AfterValidator(_distinct_ids),
    ] = None


class WebhookShown(Shown):
    """An endpoint, and the events it asked for."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str = Field(json_schema_extra=id_schema(ids.WEBHOOK))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    url: str
    events: list[str]
    inbox_ids: list[str] | None = None
    enabled: bool
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(WebhookShown):
    """The only answer that has the secret."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "secret": _EXAMPLE_SECRET}]}
    )

    secret: str = Field(description="Verifies signatures (Standard Webhooks). Shown once.")


class SentTest(Shown):
    """A test event is on its way."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"success": True, "deliveryId": _EXAMPLE_DELIVERY}]}
    )

    success: bool
    delivery_id: str = Field(description="Find it in the webhook's attempts.")


class AttemptShown(Shown):
    """One try at telling an endpoint of an event, and what the endpoint said."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "atp_01kamw6y2ne4wr7d5s0k9c3bvj",
                    "_id": "atp_01kamw6y2ne4wr7d5s0k9c3bvj",
                    "deliveryId": _EXAMPLE_DELIVERY,
                    "eventId": "evt_01kamw6w8af2kt6m1x9j4p7d5s",
                    "event": "message.delivered",
                    "number": 1,
                    "status": 200,
                    "excerpt": "ok",
                    "latencyMs": 87,
                    "createdAt": "2026-11-22T09:30:01.250Z",
                }
            ]
        }
    )

    id: str = Field(json_schema_extra=id_schema(ids.ATTEMPT))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    delivery_id: str = Field(json_schema_extra=id_schema(ids.DELIVERY))
    event_id: str = Field(json_schema_extra=id_schema(ids.EVENT))
    event: str = Field(examples=["message.delivered"])
    number: int = Field(description="1 for the first attempt of this delivery.")
    status: int | None = Field(default=None, description="HTTP; absent where none came.")
    error: str | None = Field(default=None, description="Why it failed, where it did.")
    excerpt: str | None = Field(default=None, description="The first bytes of the answer.")
    latency_ms: int
    created_at: Timestamp
