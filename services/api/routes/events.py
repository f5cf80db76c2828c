"""Everything that happened, as webhooks were told it."""

from functools import cache
from typing import Annotated, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import AfterValidator, PlainValidator, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from common import events, ids
from common.resources import Resource, Row
from services.api import rows
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, RuntimeDep, id_schema
from services.api.schemas.events import OF_TYPE, EventShown

router = APIRouter(prefix="/v1/events", tags=["events"])

_BASE: Final = """
SELECT e.id, e.organization_id, e.inbox_id, e.message_id, e.type, e.payload, e.created_at,
    m.text, m.html
FROM event e
LEFT JOIN message m ON m.id = e.message_id AND m.organization_id = e.organization_id
WHERE e.organization_id = :organization_id AND e.id < :before
"""


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


@router.get("", response_model=list[EventShown])
async def list_events(  # noqa: PLR0913 - each is a query parameter
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    page: PageDep,
    *,
    event_type: Annotated[EventType | None, Query(alias="type")] = None,
    inbox_id: Annotated[OfInbox | None, Query(alias="inboxId")] = None,
    message_id: Annotated[OfMessage | None, Query(alias="messageId")] = None,
) -> Response:
    """Everything that happened, newest first; all of it, or of one type, inbox or message."""
    asked = {"type": event_type, "inbox_id": inbox_id, "message_id": message_id}
    filters = {name: value for name, value in asked.items() if value is not None}
    values = {"organization_id": caller.organization_id, **page.values, **filters}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, _query(tuple(filters)), values)
    return listed(request, page, found, _render)


@cache
def _query(filters: tuple[str, ...]) -> sa.TextClause:
    """A statement for each set of filters: one for all would be planned for none of them."""
    conditions = "".join(f" AND e.{name} = :{name}" for name in filters)
    return sa.text(f"{_BASE}{conditions} ORDER BY e.id DESC LIMIT :limit")


def _render(row: Row) -> Resource:
    return events.envelope(row, row["text"], row["html"])
