"""Events as webhooks carry them and `GET /v1/events` lists them: a schema for each type."""

from typing import Annotated, Any, ClassVar, Final, Literal, Union

from pydantic import ConfigDict, Field, create_model
from pydantic.alias_generators import to_pascal

from common import events, ids
from common.resources import present
from services.api.dependencies import id_schema
from services.api.schemas.base import Shown, Timestamp
from services.api.schemas.inboxes import InboxShown
from services.api.schemas.messages import MessageShown
from services.api.schemas.organizations import OrganizationShown
from services.api.schemas.webhooks import WebhookShown


class DomainShown(Shown):
    """A domain of an organization."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "id": "dom_01kamw2p8c5tqn3v7x0r4m6hya",
                    "_id": "dom_01kamw2p8c5tqn3v7x0r4m6hya",
                    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
                    "name": "mail.example.com",
                    "status": "verified",
                }
            ]
        },
    )

    id: str
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    name: str
    status: str


class EventBase(Shown):
    """What every event has."""

    id: str = Field(
        json_schema_extra=id_schema(ids.EVENT),
        description="Also the `webhook-id`, the same on every retry.",
    )
    timestamp: Timestamp
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    inbox_id: str | None = Field(default=None, json_schema_extra=id_schema(ids.INBOX))
    message_id: str | None = Field(default=None, json_schema_extra=id_schema(ids.MESSAGE))


_PAYLOADS: Final[dict[str, type[Shown]]] = {
    "message": MessageShown,
    "inbox": InboxShown,
    "webhook": WebhookShown,
    "domain": DomainShown,
    "organization": OrganizationShown,
}


def _model(kind: str) -> type[EventBase]:
    payload = _PAYLOADS[kind.partition(".")[0]]
    members: dict[str, Any] = {
        "event": (Literal[kind], Field()),
        "payload": (payload, Field(description="As it then was.")),
    }
    return create_model(
        f"{to_pascal(kind.replace('.', '_'))}Event",
        __base__=EventBase,
        __doc__=_DESCRIPTIONS[kind],
        __cls_kwargs__={"json_schema_extra": {"examples": [_example(kind, payload)]}},
        **members,
    )


def _example(kind: str, payload: type[Shown]) -> dict[str, Any]:
    """With the example of the payload's own schema."""
    shown = payload.model_json_schema(mode="serialization")["examples"]
    told = shown[-1 if kind == "message.received" else 0]
    return present(
        id="evt_01kamw6w8af2kt6m1x9j4p7d5s",
        event=kind,
        timestamp="2026-11-22T09:30:00.000Z",
        organizationId=told["organizationId"],
        inboxId=told["id"] if payload is InboxShown else told.get("inboxId"),
        messageId=told["id"] if payload is MessageShown else None,
        payload=told,
    )


_DESCRIPTIONS: Final = events.DESCRIPTIONS | {
    events.TEST: "Sent to one endpoint alone, when its owner asks."
}
OF_TYPE: Final = {kind: _model(kind) for kind in _DESCRIPTIONS}
"""The schema of each event type."""

EventShown: Any = Annotated[Union[tuple(OF_TYPE.values())], Field(discriminator="event")]  # noqa: UP007
"""Any of them."""
