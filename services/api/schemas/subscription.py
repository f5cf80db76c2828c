"""What an endpoint asks for: where it is, which events of which inboxes, and in what order."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from common import events, ids
from services.api.dependencies import id_schema

_MOST_INBOXES = 1000


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


def _distinct_ids(values: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(values))


EventType = Annotated[
    str,
    AfterValidator(_event_type),
    WithJsonSchema({"type": "string", "enum": list(events.DESCRIPTIONS)}),
]
SomeInboxId = Annotated[UUID, PlainValidator(_inbox_id), WithJsonSchema(id_schema(ids.INBOX))]


Url = Annotated[
    str, Field(min_length=1, max_length=2048, description="https, reachable from outside.")
]
EventTypes = Annotated[
    tuple[EventType, ...],
    Field(min_length=1, max_length=100),
    AfterValidator(_distinct),
]
InboxIds = Annotated[
    tuple[SomeInboxId, ...],
    Field(
        min_length=1,
        max_length=_MOST_INBOXES,
        description="Only events of these inboxes; of all where there is no value.",
    ),
    AfterValidator(_distinct_ids),
]
Description = Annotated[str, Field(max_length=500, description="For people; nothing reads it.")]
ORDERED = (
    "Whether events of one thread are delivered one after the other, oldest first: the next when "
    "the one before was heard or given up. Counts for what happens from then on."
)
