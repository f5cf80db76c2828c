"""Sending and replying: the two routes that count against the limit."""

# ruff: noqa: FAST003, PLR0913, PLR0917 - FastAPI reads from the parameters what a route needs,
# and the annotated ids carry the names that the path has

from typing import Annotated, Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.api import answering, reply
from services.api.body import json_body
from services.api.dependencies import CallerDep, InboxId, MessageId, RuntimeDep
from services.api.drafts import Letter, Origin, destinations
from services.api.idempotency import Idempotency
from services.api.metering import MeteredRoute
from services.api.openapi import problem
from services.api.problems import invalid
from services.api.quote import quoted
from services.api.schemas.fields import MOST_RECIPIENTS
from services.api.schemas.messages import TOO_MANY, MessageShown, NewMessage, NewReply
from services.api.sending import LONGEST_WAIT, Errand, send

router = APIRouter(
    prefix="/v1/inboxes/{inboxId}/messages", tags=["messages"], route_class=MeteredRoute
)

_COUNT: Final = {"schema": {"type": "integer", "minimum": 0}}
_HEADERS: Final = {
    "RateLimit-Limit": {"description": "Sends and replies an hour.", **_COUNT},
    "RateLimit-Remaining": {"description": "How many of them are left.", **_COUNT},
    "RateLimit-Reset": {"description": "Seconds until there is one more.", **_COUNT},
}
_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`wait=N` holds the answer until the message has left `queued`, at most N "
    f"seconds and at most {LONGEST_WAIT} (RFC 7240).",
    "schema": {"type": "string", "examples": ["wait=10"]},
}
_DOCUMENTED: Final[dict[str, Any]] = {
    "status_code": 202,
    "response_model": MessageShown,
    "openapi_extra": {"parameters": [_PREFER]},
}


_LOOPS: Final = (
    "`automatic_message`: a program or a list sent it, and it is replied to with `force` alone; "
    "`thread_reply_limit`: its thread has got too many replies within an hour, see `Retry-After`; "
    "or `idempotency_key_in_flight`"
)


def _problems(missing: str) -> dict[int | str, dict[str, Any]]:
    return {
        202: {"description": "Accepted: it is durable, and will be sent.", "headers": _HEADERS},
        403: problem("`organization_paused`: nothing of your organization is sent now"),
        404: problem(missing),
        413: problem("`message_too_large`"),
        422: problem("`validation_failed`, or `idempotency_key_reused`"),
        429: problem("`rate_limit_exceeded`: see `Retry-After`"),
    }


@router.post("/send", responses=_problems("`inbox_not_found`"), **_DOCUMENTED)
async def send_message(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    claimed: Idempotency,
    new: Annotated[NewMessage, json_body(NewMessage)],
) -> Response:
    """Send a message from an inbox."""

    async def write(origin: Origin) -> Letter:
        return Letter(origin, new, destinations(new.to, new.cc, new.bcc), new.subject)

    return await send(Errand(runtime, request, caller, inbox_id, claimed, write))


@router.post(
    "/{messageId}/reply",
    responses=_problems("`inbox_not_found`, or `message_not_found`") | {409: problem(_LOOPS)},
    **_DOCUMENTED,
)
async def reply_to_message(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    message_id: MessageId,
    claimed: Idempotency,
    new: Annotated[NewReply, json_body(NewReply)],
) -> Response:
    """Reply to a message, in its thread: to its sender, or to whom the inbox itself sent it."""

    async def write(origin: Origin) -> Letter:
        key = (caller.organization_id, inbox_id, message_id)
        async with runtime.engine.connect() as connection:
            found = await answering.find(
                connection, key, new, runtime.settings.thread_replies_per_hour
            )
        original = found.row
        try:
            going_to = reply.recipients(original, origin.email, new)
        except reply.NobodyLeftError:
            words = "There is nobody to reply to but the inbox itself."
            raise invalid("messageId", words) from None
        if len(going_to) > MOST_RECIPIENTS:
            raise invalid("replyAll" if new.reply_all else "cc", TOO_MANY)
        parent = reply.parent(original, runtime.settings.wire_domain, found.most)
        content = quoted(new, original) if new.quote else new
        return Letter(origin, content, going_to, reply.subject(original["subject"]), parent)

    return await send(Errand(runtime, request, caller, inbox_id, claimed, write))
