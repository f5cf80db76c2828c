"""The bytes of an attachment, as the browser of somebody who was tricked must not run them."""

# ruff: noqa: FAST003, PLR0913, PLR0917 - FastAPI reads from the parameters what a route needs,
# and the annotated ids carry the names that the path has

import re
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from common import blobs
from common.resources import Row
from services.api import messages, rows
from services.api.dependencies import AttachmentId, CallerDep, InboxId, MessageId, RuntimeDep
from services.api.openapi import problem
from services.api.problems import Problem, not_found

router = APIRouter(
    prefix="/v1/inboxes/{inboxId}/messages/{messageId}/attachments", tags=["messages"]
)

_GET: Final = sa.text("""
SELECT name, content_type, size, blob_id FROM attachment
WHERE organization_id = :organization_id AND message_id = :message_id AND id = :id
""")
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+", re.ASCII)
SAFE: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "private",
}
# Its own type, whatever that is.
_BINARY: Final[dict[str, Any]] = {"content": {"*/*": {"schema": {}}}}


class Piece(NamedTuple):
    """`length` bytes from `first` on, the first being 0."""

    first: int
    length: int


@router.get(
    "/{attachmentId}",
    response_class=Response,
    responses={
        200: {"description": "All of it.", **_BINARY},
        206: {"description": "The range that was asked for.", **_BINARY},
        403: problem("`attachment_withheld`: SES has found a virus in the mail"),
        416: problem("`range_not_satisfiable`"),
    },
)
async def get_attachment(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    message_id: MessageId,
    attachment_id: AttachmentId,
) -> Response:
    """An attachment's bytes, or one range of them (RFC 9110 section 14)."""
    owner = {"organization_id": caller.organization_id}
    async with runtime.engine.connect() as connection:
        ids = (caller.organization_id, inbox_id, message_id)
        message = await messages.get_message(connection, *ids)
        key = owner | {"message_id": message_id, "id": attachment_id}
        file = await rows.one(connection, _GET, key)
        if file is None:
            raise not_found("attachment")
        if is_withheld(message):
            raise withheld("attachment")
        size: int = file["size"]
        piece = wanted_piece(request.headers.get("range"), size)
        first, length = piece or Piece(0, size)
        content = await connection.run_sync(
            blobs.read_range, caller.organization_id, file["blob_id"], first, length
        )
    headers = {**SAFE, "accept-ranges": "bytes", "content-disposition": disposition(file["name"])}
    headers["content-type"] = _safe_type(file["content_type"])
    if piece:
        headers["content-range"] = f"bytes {first}-{first + length - 1}/{size}"
    return Response(content, 206 if piece else 200, headers)


def is_withheld(message: Row) -> bool:
    """Whether its files are not given out: where SES has found a virus. What SES could not scan
    (`gray`, `processing_failed`: an encrypted archive, broken MIME) is, as most of that is
    harmless, and the verdict stands on the message for who would rather not have it.
    """
    verdicts: dict[str, str] = message["verdicts"] or {}
    return verdicts.get("virus") == "fail"


def withheld(noun: str) -> Problem:
    """403 `<noun>_withheld`."""
    words = "Amazon SES has found a virus in this mail, so its files are not given out."
    return Problem(403, f"{noun}_withheld", words)


def wanted_piece(header: str | None, size: int) -> Piece | None:
    """The one range that is asked for; None for all (also where it cannot be read, or is several,
    as RFC 9110 section 14.2 allows); Problem 416.
    """
    match = _RANGE.fullmatch(header or "")
    if not match or match.group(1) == match.group(2) == "":
        return None
    begin, end = match.groups()
    if not begin:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(begin), min(int(end or size), size - 1)
        if end and int(end) < first:
            return None
    if first >= size or first > last:
        raise Problem(
            416,
            "range_not_satisfiable",
            f"The attachment has {size} bytes.",
            headers={"content-range": f"bytes */{size}"},
        )
    return Piece(first, last - first + 1)


def disposition(name: str) -> str:
    """To be saved, never shown; RFC 6266 section 4.3."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _safe_type(content_type: str) -> str:
    bare = content_type.partition(";")[0].strip()
    return bare if _TYPE.fullmatch(bare) else "application/octet-stream"
