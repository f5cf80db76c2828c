"""Waiting for mail to arrive in an inbox."""

# ruff: noqa: PLR0913 - FastAPI reads from the parameters what a route needs,
# and the annotated ids carry the names that the path has

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, PlainValidator, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from common import ids, resources
from common.addresses import MAX_ADDRESS
from common.headers import MAX_TEXT, check_text
from services.api.arrivals import Wanted
from services.api.dependencies import CallerDep, InboxId, RuntimeDep, caller_of, id_schema
from services.api.openapi import problem
from services.api.responses import answer
from services.api.schemas.fields import moment
from services.api.schemas.messages import MessageShown

router = APIRouter(prefix="/v1/inboxes/{inboxId}", tags=["messages"])

LONGEST: Final = 120
_USUAL: Final = 60


def _after(value: object) -> UUID | datetime:
    try:
        return ids.decode(ids.MESSAGE, str(value))
    except ids.IdError:
        return moment(value)


_TIME: Final[dict[str, Any]] = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-11-22T10:00:00.000Z"],
}
After = Annotated[
    UUID | datetime,
    PlainValidator(_after),
    WithJsonSchema({"oneOf": [id_schema(ids.MESSAGE), _TIME]}),
]
OfThread = Annotated[
    UUID,
    PlainValidator(lambda text: ids.decode(ids.THREAD, text)),
    WithJsonSchema(id_schema(ids.THREAD)),
]
Part = Annotated[str, AfterValidator(check_text)]


@router.get(
    "/wait",
    response_model=MessageShown,
    responses={
        200: {"description": "The message."},
        204: {"description": "None has arrived in time."},
        404: problem("`inbox_not_found`"),
        429: problem("`too_many_waits`"),
    },
)
async def wait_for_message(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    *,
    seconds: Annotated[
        int,
        Query(
            alias="timeout",
            ge=0,
            le=LONGEST,
            description="Seconds. Servers on the way may have less patience: a load balancer of "
            "AWS has 60 s, where nobody has set it.",
        ),
    ] = _USUAL,
    sender: Annotated[
        Part,
        Query(
            alias="from",
            max_length=MAX_ADDRESS,
            description="A part of its address, "
            "such as its domain, or of its name. Case does not matter.",
        ),
    ] = "",
    subject: Annotated[
        Part, Query(max_length=MAX_TEXT, description="A part of it. Case does not matter.")
    ] = "",
    thread_id: Annotated[OfThread | None, Query(alias="threadId")] = None,
    after: Annotated[
        After | None,
        Query(
            description="A message of this inbox, sent or received, or a time: what has arrived "
            "since is answered at once, the oldest first. Ask again with the answer's `id`, and "
            "you get each message once. Without it only what arrives from now on counts."
        ),
    ] = None,
) -> Response:
    """Wait for the first received message that is wanted: all that is given has to fit."""
    wanted = Wanted(caller.organization_id, inbox_id, sender, subject, thread_id, after)
    row = await runtime.waits.first(request, wanted, seconds)
    if row is None:
        return Response(status_code=204)
    await caller_of(request, runtime)  # its key may have been deleted meanwhile
    return answer(resources.message(row))
