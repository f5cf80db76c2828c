"""Threads: an inbox's conversations."""

# ruff: noqa: FAST003, PLR0913, PLR0917 - FastAPI reads from the parameters what a route needs,
# and the annotated ids carry the names that the path has

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from common import resources
from services.api import asking, cursor, finding_threads, threads
from services.api.cursor import MOST, Page, PageDep, listed, next_link
from services.api.dependencies import CallerDep, InboxId, RuntimeDep, ThreadId
from services.api.finding import Wanted
from services.api.messages import check_inbox
from services.api.openapi import problem
from services.api.problems import not_found
from services.api.responses import answer
from services.api.schemas.threads import ThreadShown, ThreadWithMessages

router = APIRouter(prefix="/v1/inboxes/{inboxId}/threads", tags=["threads"])

_MISSING: Final[dict[int | str, Any]] = {404: problem("`inbox_not_found`, or `thread_not_found`")}


async def messages_page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many messages at most.")] = MOST,
    cursor_: Annotated[
        str | None,
        Query(alias="cursor", description="From the `Link` header of the page before."),
    ] = None,
) -> Page:
    return Page(limit, cursor.decode(cursor_) if cursor_ is not None else None)


@router.get("", response_model=list[ThreadShown], responses=asking.PROBLEMS)
async def list_threads(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    page: PageDep,
    *,
    query: asking.Words = None,
) -> Response:
    """An inbox's threads, the one with the newest message first. With `query`, those of which one
    message has all of it.
    """
    asked = asking.asked(query)
    owner = (caller.organization_id, inbox_id)
    wanted = None if asked is None else Wanted(*owner, page, asked)
    async with runtime.engine.connect() as connection:
        await check_inbox(connection, *owner)
        found = await asking.found(connection, wanted, finding_threads.list_threads)
    return listed(
        request, page, found.rows, threads.resource, key="last_message_id", rest=found.rest
    )


@router.get(
    "/{threadId}",
    response_model=ThreadWithMessages,
    responses={**_MISSING, 400: problem("`invalid_cursor`")},
)
async def get_thread(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    thread_id: ThreadId,
    page: Annotated[Page, Depends(messages_page)],
) -> Response:
    """One thread with its messages, oldest first; the first 100 of them, then by `Link`."""
    owner = caller.organization_id
    async with runtime.engine.connect() as connection:
        await check_inbox(connection, owner, inbox_id)
        row = await threads.get_thread(connection, owner, inbox_id, thread_id)
        if row is None:
            raise not_found("thread")
        found = await threads.messages_of(connection, owner, thread_id, page)
    shown, more = page.cut(found)
    headers = {"link": next_link(request, shown[-1]["id"])} if more else None
    messages = [resources.message(one) for one in shown]
    return answer(threads.resource(row) | {"messages": messages}, headers=headers)
