"""Everything that happened, as webhooks were told it: looked up, or as it happens."""

from functools import cache
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from common import events
from common.resources import Resource, Row
from services.api import event_log, filters, rows, stream
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, RuntimeDep, bearer
from services.api.filters import EventFiltersDep
from services.api.openapi import problem
from services.api.schemas.events import EventShown
from services.api.schemas.examples import STREAM

router = APIRouter(prefix="/v1/events", tags=["events"])

_BASE: Final = """
SELECT e.id, e.organization_id, e.inbox_id, e.message_id, e.type, e.payload, e.created_at,
    m.text, m.html, m.extracted_text
FROM event e
LEFT JOIN message m ON m.id = e.message_id AND m.organization_id = e.organization_id
WHERE e.organization_id = :organization_id AND e.id < :before
"""
_AS_IT_HAPPENS: Final[dict[str, Any]] = {
    "description": "Server-Sent Events (WHATWG HTML 9.2). `id` is the event's, `event` its type, "
    "`data` the event as `GET /v1/events` tells it, on one line. A comment comes every 15 s.",
    "content": {stream.MEDIA_TYPE: {"schema": {"type": "string"}, "example": STREAM}},
}


@router.get("", response_model=list[EventShown])
async def list_events(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    page: PageDep,
    asked: EventFiltersDep,
) -> Response:
    """Everything that happened, newest first; all of it, or of one type, inbox or message."""
    values = {"organization_id": caller.organization_id, **page.values, **asked}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, _query(tuple(asked)), values)
    return listed(request, page, found, _render)


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        200: _AS_IT_HAPPENS,
        400: problem("`invalid_cursor`: there is no such event, or not any more."),
        429: problem("`too_many_streams`"),
    },
)
async def stream_events(  # noqa: PLR0913 - most are asked of the caller
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    asked: EventFiltersDep,
    *,
    last_event_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", description="Begin behind this event. Browsers send it."),
    ] = None,
    last_event_id_in_query: Annotated[
        str | None,
        Query(alias="lastEventId", description="The same, for a first connection of a browser."),
    ] = None,
) -> Response:
    """Everything from now on, as it happens, in the order in which it was written; or from behind
    an event that is known, without a gap. Who begins without one opens the stream first, and then
    lists what there was before.
    """
    after = last_event_id or last_event_id_in_query or None
    async with runtime.engine.connect() as connection:
        start = await event_log.begin(connection, caller.organization_id, after)
    reader = stream.Reader(
        engine=runtime.engine,
        keyring=runtime.keyring,
        key=bearer(request),
        organization_id=caller.organization_id,
        filters=asked,
        start=start,
    )
    return stream.EventStream(runtime.watch, reader)


@cache
def _query(names: tuple[str, ...]) -> sa.TextClause:
    """A statement for each set of filters: one for all would be planned for none of them."""
    conditions = filters.conditions_on_events(names)
    return sa.text(f"{_BASE}{conditions} ORDER BY e.id DESC LIMIT :limit")


def _render(row: Row) -> Resource:
    return events.envelope(row, row["text"], row["html"], row["extracted_text"])
