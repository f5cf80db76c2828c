"""Inboxes on the wire."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from common import ids
from common.headers import check_header_value
from services.api.dependencies import id_schema
from services.api.schemas.base import Schema, Shown, Timestamp

_EXAMPLE_ID = "inbox_01kamw3xbyfyts8n1z0m5vg2qd"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_header_value),
    Field(description="What readers of its mail see beside the address."),
]


class NewInbox(Schema):
    """An inbox to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Support", "email": "support@mail.example.com"}, {}]
        }
    )

    name: Name | None = None
    email: Annotated[
        str | None,
        Field(
            max_length=320,
            description="On the default domain, or on one that is verified for your organization. "
            "Without it an address is made on the default domain.",
        ),
    ] = None


class InboxChange(Schema):
    """What to change of an inbox; what is left out stays."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"name": "Customer care"}]}
    )

    name: Annotated[Name | None, Field(description="null takes the name away.")] = None


class InboxShown(Shown):
    """An address that sends and receives."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _EXAMPLE_ID,
                    "_id": _EXAMPLE_ID,
                    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
                    "email": "support@mail.example.com",
                    "name": "Support",
                    "createdAt": "2026-11-22T09:30:00.000Z",
                    "updatedAt": "2026-11-22T09:30:00.000Z",
                }
            ]
        },
    )

    id: str = Field(json_schema_extra=id_schema(ids.INBOX))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    email: str
    name: str | None = None
    created_at: Timestamp
    updated_at: Timestamp
