"""Telling an endpoint again, on the wire."""

from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from common import ids
from services.api.dependencies import id_schema
from services.api.problems import not_found
from services.api.schemas.base import Schema, Shown, Timestamp
from services.api.schemas.fields import Moment


def _delivery_id(value: object) -> UUID:
    if not isinstance(value, str):
        raise ValueError("A delivery id is a text.")  # noqa: TRY004 - pydantic wants a ValueError
    try:
        return ids.decode(ids.DELIVERY, value)
    except ids.IdError:
        raise not_found("delivery") from None


class NewReplay(Schema):
    """One delivery, or a range of time; not both."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {"since": "2026-11-22T09:30:00.000Z"},
                {"deliveryId": "dlv_01kamw6w9gfzcs2t7q4h5x8m3r"},
                {
                    "since": "2026-11-22T09:30:00.000Z",
                    "until": "2026-11-23T09:30:00.000Z",
                    "which": "all",
                },
            ],
            "oneOf": [{"required": ["deliveryId"]}, {"required": ["since"]}],
        }
    )

    delivery_id: (
        Annotated[
            UUID,
            PlainValidator(_delivery_id),
            WithJsonSchema(id_schema(ids.DELIVERY) | {"description": "This one, alone."}),
        ]
        | None
    ) = None
    since: Annotated[
        Moment | None, Field(description="Events that were created then or later.")
    ] = None
    until: Annotated[Moment | None, Field(description="Events that were created earlier.")] = None
    which: Annotated[
        Literal["failed", "all"],
        Field(
            description="`failed`: deliveries that were given up or cancelled. `all`: every event "
            "of the webhook's types and inboxes, also what was delivered, and what happened before "
            "the webhook was made."
        ),
    ] = "failed"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.model_fields_set
        is_both = {"delivery_id", "since"} <= given
        if is_both or (self.delivery_id is None and self.since is None):
            raise ValueError("Exactly one of deliveryId and since is needed.")
        if self.delivery_id and given != {"delivery_id"}:
            raise ValueError("deliveryId stands alone.")
        if self.since and self.until and self.until <= self.since:
            raise ValueError("until must be later than since.")
        return self


class ReplayShown(Shown):
    """Deliveries that are due again."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {"success": True, "deliveries": 42},
                {
                    "success": True,
                    "deliveries": 10_000,
                    "nextSince": "2026-11-22T11:02:17.480Z",
                },
            ]
        }
    )

    success: bool
    deliveries: int = Field(description="How many; 10,000 at most.")
    next_since: Timestamp | None = Field(
        default=None, description="There are more: ask again with this as `since`."
    )
