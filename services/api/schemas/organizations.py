"""Organizations on the wire: events tell of them."""

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from common import ids
from services.api.dependencies import id_schema
from services.api.schemas.base import Shown, Timestamp

_EXAMPLE_ID = "org_01kamw2k3wfj0tqvy5b8zq5h1c"
_EXAMPLE: dict[str, Any] = {
    "id": _EXAMPLE_ID,
    "_id": _EXAMPLE_ID,
    "organizationId": _EXAMPLE_ID,
    "name": "acme",
    "pausedAt": "2026-11-25T09:30:00.000Z",
    "pausedReason": {
        "type": "bounces",
        "message": "Nothing is sent: 51 of the last 1,000 messages bounced for good, and 50 may.",
    },
    "createdAt": "2026-11-22T09:30:00.000Z",
}


class PausedReason(Shown):
    """Why nothing of an organization is sent."""

    type: Literal["bounces", "complaints", "operator"]
    message: str


class OrganizationShown(Shown):
    """An organization, and whether it is paused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(
        json_schema_extra=id_schema(ids.ORGANIZATION), description="Equal to `id`."
    )
    name: str
    paused_at: Timestamp | None = Field(default=None, description="Absent while it may send.")
    paused_reason: PausedReason | None = None
    created_at: Timestamp
