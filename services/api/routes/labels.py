"""Labels: which there are in an inbox."""

from fastapi import APIRouter
from starlette.responses import Response

from services.api import labels
from services.api.bounds import limit
from services.api.dependencies import CallerDep, InboxId, RuntimeDep
from services.api.messages import check_inbox
from services.api.openapi import problem
from services.api.responses import answer
from services.api.schemas.labels import LabelShown

router = APIRouter(prefix="/v1/inboxes/{inboxId}/labels", tags=["labels"])


@router.get("", response_model=list[LabelShown], responses={404: problem("`inbox_not_found`")})
async def list_labels(runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId) -> Response:
    """The 100 labels that most of an inbox's messages have, and how many have each; the most
    frequent first, then by name.
    """
    owner = (caller.organization_id, inbox_id)
    async with runtime.engine.connect() as connection:
        await check_inbox(connection, *owner)
        await limit(connection)
        found = await labels.counts(connection, *owner)
    return answer(found)
