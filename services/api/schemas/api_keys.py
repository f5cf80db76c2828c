"""API keys on the wire."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from common import ids
from common.headers import check_text
from services.api.dependencies import id_schema
from services.api.schemas.base import Schema, Shown, Timestamp

_EXAMPLE: Final[dict[str, Any]] = {
    "id": "key_01kamw2k4s7d2x9c0q5nvbt3he",
    "_id": "key_01kamw2k4s7d2x9c0q5nvbt3he",
    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
    "name": "production",
    "prefix": "pr_4f9XkQ",
    "createdAt": "2026-11-22T09:30:00.000Z",
}


class NewApiKey(Schema):
    """A key to create."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"name": "production"}]}
    )

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
        AfterValidator(check_text),
        Field(description="What it is for."),
    ]


class ApiKeyShown(Shown):
    """A key, without the key."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str = Field(json_schema_extra=id_schema(ids.API_KEY))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    organization_id: str = Field(json_schema_extra=id_schema(ids.ORGANIZATION))
    name: str
    prefix: str = Field(description="Its first letters, to tell keys apart.")
    created_at: Timestamp


class ApiKeyWithKey(ApiKeyShown):
    """The only answer that has the key itself; it is stored only as a hash."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE | {"key": "pr_4f9XkQ2mT7vB0sLcR8yHnW3eJ6dPaGqZ1uKi5oN"}]
        },
    )

    key: str = Field(description="For `Authorization: Bearer`. Shown once.")
