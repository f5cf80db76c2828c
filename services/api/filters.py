"""What lists of events and of attempts may be narrowed to, and how that becomes SQL."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from common import ids
from services.api.dependencies import id_schema
from services.api.schemas.events import OF_TYPE

Filters = dict[str, Any]
"""Only what is asked for; a list keeps one statement for each set of names."""


def _type(text: str) -> str:
    if text not in OF_TYPE:
        raise ValueError("There is no event of this type.")
    return text


def _id(prefix: str) -> PlainValidator:
    return PlainValidator(lambda text: ids.decode(prefix, text))


EventType = Annotated[
    str, AfterValidator(_type), WithJsonSchema({"type": "string", "enum": list(OF_TYPE)})
]
OfInbox = Annotated[UUID, _id(ids.INBOX), WithJsonSchema(id_schema(ids.INBOX))]
OfMessage = Annotated[UUID, _id(ids.MESSAGE), WithJsonSchema(id_schema(ids.MESSAGE))]
OfEvent = Annotated[UUID, _id(ids.EVENT), WithJsonSchema(id_schema(ids.EVENT))]
OfDelivery = Annotated[UUID, _id(ids.DELIVERY), WithJsonSchema(id_schema(ids.DELIVERY))]


async def of_events(
    event_type: Annotated[EventType | None, Query(alias="type")] = None,
    inbox_id: Annotated[OfInbox | None, Query(alias="inboxId")] = None,
    message_id: Annotated[OfMessage | None, Query(alias="messageId")] = None,
) -> Filters:
    return given(type=event_type, inbox_id=inbox_id, message_id=message_id)


EventFiltersDep = Annotated[Filters, Depends(of_events)]


def given(**asked: Any) -> Filters:
    """Those that have a value."""
    return {name: value for name, value in asked.items() if value is not None}


def conditions_on_events(names: tuple[str, ...]) -> str:
    """More of a WHERE over `event e`."""
    return "".join(f" AND e.{name} = :{name}" for name in names)
