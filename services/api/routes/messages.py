"""Messages: finding them, reading them, labelling them."""

# ruff: noqa: FAST003, PLR0913, PLR0917 - FastAPI reads from the parameters what a route needs,
# and the annotated ids carry the names that the path has

from base64 import b64encode
from typing import Annotated, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query as Parameter
from pydantic import PlainValidator, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from common import blobs, clock, events, ids, resources
from common.resources import Resource, Row
from services.api import asking, finding, messages, rows
from services.api.body import json_body
from services.api.cursor import PageDep, listed
from services.api.dependencies import CallerDep, InboxId, MessageId, RuntimeDep, id_schema
from services.api.finding import Wanted
from services.api.language import Query
from services.api.problems import invalid
from services.api.responses import answer
from services.api.routes import attachments, sending
from services.api.schemas.events import EventShown
from services.api.schemas.fields import MOST_LABELS, Label, Moment
from services.api.schemas.messages import (
    LabelChanges,
    MessageChanges,
    MessageShown,
    MessageStatus,
)

reading = APIRouter(prefix="/v1/inboxes/{inboxId}/messages", tags=["messages"])

OfThread = Annotated[
    UUID,
    PlainValidator(lambda text: ids.decode(ids.THREAD, text)),
    WithJsonSchema(id_schema(ids.THREAD)),
]

_EVENTS: Final = sa.text("""
SELECT id, organization_id, inbox_id, message_id, type, payload, created_at FROM event
WHERE organization_id = :organization_id AND message_id = :message_id AND id > :after
ORDER BY id LIMIT :limit
""")
_FIRST: Final = UUID(int=0)


@reading.get("", response_model=list[MessageShown], responses=asking.PROBLEMS)
async def list_messages(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    page: PageDep,
    *,
    query: asking.Words = None,
    status: Annotated[MessageStatus | None, Parameter()] = None,
    label: Annotated[Label | None, Parameter()] = None,
    thread_id: Annotated[OfThread | None, Parameter(alias="threadId")] = None,
    after: Annotated[Moment | None, Parameter(description="Created later than this.")] = None,
    before: Annotated[Moment | None, Parameter(description="Created earlier than this.")] = None,
) -> Response:
    """An inbox's messages, newest first."""
    parameters = Query(
        labels=(label,) if label else (),
        statuses=(status,) if status else (),
        after=after,
        before=before,
    )
    asked = asking.asked(query, parameters)
    owner = (caller.organization_id, inbox_id)
    wanted = None if asked is None else Wanted(*owner, page, asked, thread_id)
    async with runtime.engine.connect() as connection:
        await messages.check_inbox(connection, *owner)
        found = await asking.found(connection, wanted, finding.list_messages)
    return listed(request, page, found.rows, resources.message, rest=found.rest)


@reading.get("/{messageId}", response_model=MessageShown)
async def get_message(
    runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId, message_id: MessageId
) -> Response:
    """One message, with the content of its attachments."""
    async with runtime.engine.connect() as connection:
        key = (caller.organization_id, inbox_id, message_id)
        row = await messages.get_message(connection, *key)
        if attachments.is_withheld(row):
            return answer(resources.message(row))
        sizes = {one["blob_id"]: one["size"] for one in row["attachments"] or []}
        owner = caller.organization_id
        contents = await connection.run_sync(blobs.read, owner, sizes) if sizes else {}
    return answer(_with_contents(row, contents))


def _with_contents(row: Row, contents: dict[str, bytes]) -> Resource:
    """`contents` is empty then: they may be 30 MB."""
    files = [
        {**resources.attachment(one), "content": b64encode(contents.pop(one["blob_id"])).decode()}
        for one in row["attachments"] or []
    ]
    return resources.message(row) | {"attachments": files}


@reading.get("/{messageId}/events", response_model=list[EventShown])
async def list_message_events(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    message_id: MessageId,
    page: PageDep,
) -> Response:
    """A message's history, oldest first."""
    values = {
        "organization_id": caller.organization_id,
        "message_id": message_id,
        "after": page.after or _FIRST,
        "limit": page.wanted,
    }
    async with runtime.engine.connect() as connection:
        key = (caller.organization_id, inbox_id, message_id)
        row = await messages.get_message(connection, *key)
        found = await rows.every(connection, _EVENTS, values)
    bodies = (row["text"], row["html"], row["extracted_text"])
    return listed(request, page, found, lambda event: events.envelope(event, *bodies))


@reading.patch("/{messageId}", response_model=MessageShown)
async def change_message(
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    message_id: MessageId,
    changes: Annotated[MessageChanges, json_body(MessageChanges)],
) -> Response:
    """Put labels on a message and take them off."""
    key = (caller.organization_id, inbox_id, message_id)
    async with runtime.engine.begin() as connection:
        before = await messages.lock_labels(connection, *key)
        after = _labels(before, changes.labels)
        if after != before:
            await messages.set_labels(connection, message_id, after, clock.now())
        row = await messages.get_message(connection, *key)
    return answer(resources.message(row))


def _labels(before: list[str], changes: LabelChanges) -> list[str]:
    removed = set(changes.remove)
    after = [one for one in dict.fromkeys([*before, *changes.add]) if one not in removed]
    if len(after) > MOST_LABELS:
        raise invalid("labels.add", f"A message has at most {MOST_LABELS} labels.")
    return after


router = APIRouter()
"""All routes of messages, in one router: each one inside of another is matched twice."""
for part in (sending.router, reading, attachments.router):
    router.routes.extend(part.routes)
