"""The bytes of received mail, as the browser of somebody who was tricked must not run them."""

from base64 import b64encode
from typing import Any, Final

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from common import ids
from services.api import messages, rows
from services.api.dependencies import CallerDep, InboxId, MessageId, RuntimeDep
from services.api.openapi import problem
from services.api.problems import not_found
from services.api.raw_mail import Place, RawMail
from services.api.routes.attachments import SAFE, disposition, is_withheld, withheld

router = APIRouter(prefix="/v1/inboxes/{inboxId}/messages/{messageId}", tags=["messages"])

_GET: Final = sa.text("""
SELECT bucket, key, sha256 FROM rawmail
WHERE organization_id = :organization_id AND message_id = :message_id
""")
_MAIL: Final[dict[str, Any]] = {
    "description": "The whole mail (RFC 5322). `Repr-Digest` is what its bytes were when it came "
    "(RFC 9530).",
    "content": {"message/rfc822": {"schema": {"type": "string"}}},
}


@router.get(
    "/raw",
    response_class=Response,
    responses={
        200: _MAIL,
        403: problem("`raw_withheld`: SES has found a virus in the mail"),
        404: problem(
            "`inbox_not_found`, `message_not_found`, or `raw_not_found`: it was sent, not "
            "received, or is not kept any more"
        ),
        503: problem("`unavailable`: the database or the store of received mail does not answer"),
    },
)
async def get_raw_message(
    runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId, message_id: MessageId
) -> Response:
    """A received mail byte for byte, as it came."""
    key = (caller.organization_id, inbox_id, message_id)
    async with runtime.engine.connect() as connection:
        message = await messages.get_message(connection, *key)
        values = {"organization_id": caller.organization_id, "message_id": message_id}
        kept = await rows.one(connection, _GET, values)
    if kept is None:
        raise not_found("raw")
    if is_withheld(message):
        raise withheld("raw")
    mail = await runtime.raw_mail.open(Place(kept["bucket"], kept["key"]))
    name = f"{ids.encode(ids.MESSAGE, message_id)}.eml"
    digest = b64encode(bytes.fromhex(kept["sha256"])).decode()
    headers = {
        **SAFE,
        "content-disposition": disposition(name),
        "repr-digest": f"sha-256=:{digest}:",
    }
    return RawMail(runtime.raw_mail, mail, headers)
