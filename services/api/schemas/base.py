"""What every request body shares, and every resource of the document."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError

Timestamp = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T09:30:00.000Z"])
]


REAL: Final = "real"
"""The context of a body of which it is known that all its text is real."""


class Schema(BaseModel):
    """A request: camelCase on the wire; an unknown field is an error; nothing is coerced (`5` is
    no text). No text holds NUL, which Postgres cannot store, or half a surrogate pair.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)

    @model_validator(mode="after")
    def _only_real_text(self, info: ValidationInfo) -> Self:
        if info.context == REAL:
            return self
        for place, text in _texts(self.__dict__, type(self)):
            if not is_real_text(text):
                raise PydanticCustomError(
                    "unreal_text",
                    "NUL characters and lone surrogates are not allowed",
                    {"at": place},
                )
        return self


class Shown(BaseModel):
    """A resource as the document shows it: `services/api` answers with dictionaries of
    `common.resources`, never through these. A member that may be absent has the default None;
    it is left out then, so the document does not call it null. Tests hold the resources to these
    models, where an unknown member is an error; callers are told that more may come.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        told = handler.resolve_ref_schema(schema)
        told.pop("additionalProperties", None)
        for name, member in told.get("properties", {}).items():
            told["properties"][name] = _never_null(member)
        return schema


def _never_null(member: dict[str, Any]) -> dict[str, Any]:
    if "default" not in member or member["default"] is not None:
        return member
    kept = {name: value for name, value in member.items() if name not in {"default", "anyOf"}}
    real = [one for one in member.get("anyOf", []) if one != {"type": "null"}]
    return kept | (real[0] if len(real) == 1 else {"anyOf": real})


def is_real_text(text: str) -> bool:
    """Whether Postgres and UTF-8 can hold it."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _texts(values: dict[str, Any], schema: type[BaseModel]) -> Iterator[tuple[list[Any], str]]:
    """Each text of one model with its place; models inside have looked at theirs already."""
    for name, value in values.items():
        alias = schema.model_fields[name].alias or name
        if isinstance(value, str):
            yield [alias], value
        elif isinstance(value, list | tuple):
            yield from (([alias, at], one) for at, one in enumerate(value) if isinstance(one, str))
        elif isinstance(value, dict):
            for key, one in value.items():
                yield [alias], key
                if isinstance(one, str):
                    yield [alias, key], one
