"""Inboxes: the addresses of an organization."""

# ruff: noqa: FAST003 - InboxId carries the name that the path has

import secrets
from typing import Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common import clock, events, ids, queue, resources
from common.addresses import AddressError, parse_address
from common.events import NewEvent
from common.resources import Resource, Row
from common.settings import Settings
from services.api import rows
from services.api.body import json_body
from services.api.cursor import PageDep, listed
from services.api.dependencies import Caller, CallerDep, InboxId, RuntimeDep
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.openapi import problem
from services.api.problems import FieldError, Problem, invalid, not_found
from services.api.responses import answer
from services.api.schemas.inboxes import InboxChange, InboxShown, NewInbox

router = APIRouter(prefix="/v1/inboxes", tags=["inboxes"])

_COLUMNS: Final = "id, organization_id, email, name, created_at, updated_at"
_MINE: Final = "organization_id = :organization_id AND deleted_at IS NULL"
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # nothing that reads like something else
_LENGTH: Final = 10

_INSERT: Final = sa.text(f"""
INSERT INTO inbox ({_COLUMNS})
VALUES (:id, :organization_id, :email, :name, :created_at, :created_at)
ON CONFLICT (lower(email)) WHERE deleted_at IS NULL DO NOTHING RETURNING {_COLUMNS}
""")
_LIST: Final = sa.text(
    f"SELECT {_COLUMNS} FROM inbox WHERE {_MINE} AND id < :before ORDER BY id DESC LIMIT :limit"
)
_GET: Final = sa.text(f"SELECT {_COLUMNS} FROM inbox WHERE {_MINE} AND id = :id")
_LOCK: Final = sa.text(f"SELECT {_COLUMNS} FROM inbox WHERE {_MINE} AND id = :id FOR UPDATE")
_RENAME: Final = sa.text(
    f"UPDATE inbox SET name = :name, updated_at = :now WHERE id = :id RETURNING {_COLUMNS}"
)
_DELETE: Final = sa.text(
    f"UPDATE inbox SET deleted_at = :now WHERE {_MINE} AND id = :id RETURNING {_COLUMNS}"
)
_VERIFIED: Final = sa.text("""
SELECT 1 FROM domain
WHERE organization_id = :organization_id AND name = :name AND status = 'verified'
""")


@router.post(
    "",
    status_code=201,
    response_model=InboxShown,
    responses={
        409: problem("`inbox_exists`: the address is taken, by anybody."),
        422: problem("`validation_failed`, or `domain_not_verified`"),
    },
)
async def create_inbox(
    runtime: RuntimeDep,
    caller: CallerDep,
    claimed: Idempotency,
    new: Annotated[NewInbox, json_body(NewInbox)],
) -> Response:
    """Create an inbox. Without an email, an address is made on the default domain."""
    email = _email(runtime.settings, new.email)

    async def create(connection: AsyncConnection) -> Resource:
        await _check_domain(connection, runtime.settings, caller, email)
        row = await _insert(connection, caller, email, new.name)
        return await _tell(connection, "inbox.created", row)

    response = await once(runtime.engine, claimed, 201, create)
    runtime.ring(queue.WEBHOOKS)
    return response


@router.get("", response_model=list[InboxShown])
async def list_inboxes(
    request: Request, runtime: RuntimeDep, caller: CallerDep, page: PageDep
) -> Response:
    """All inboxes, newest first."""
    values = {"organization_id": caller.organization_id, **page.values}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, _LIST, values)
    return listed(request, page, found, resources.inbox)


@router.get("/{inboxId}", response_model=InboxShown)
async def get_inbox(runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId) -> Response:
    """One inbox."""
    async with runtime.engine.connect() as connection:
        row = await _one(connection, _GET, _key(caller, inbox_id))
    return answer(resources.inbox(row))


@router.patch("/{inboxId}", response_model=InboxShown)
async def update_inbox(
    runtime: RuntimeDep,
    caller: CallerDep,
    inbox_id: InboxId,
    change: Annotated[InboxChange, json_body(InboxChange)],
) -> Response:
    """Change an inbox's name. `null` takes it away; what is left out stays."""
    async with runtime.engine.begin() as connection:
        row = await _one(connection, _LOCK, _key(caller, inbox_id))
        if "name" not in change.model_fields_set or change.name == row["name"]:
            return answer(resources.inbox(row))
        values = {"id": inbox_id, "name": change.name, "now": clock.now()}
        changed = await _one(connection, _RENAME, values)
        told = await _tell(connection, "inbox.updated", changed)
    runtime.ring(queue.WEBHOOKS)
    return answer(told)


@router.delete("/{inboxId}", response_model=InboxShown)
async def delete_inbox(runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId) -> Response:
    """Delete an inbox. Its mail is kept, and its address is free for a new inbox."""
    async with runtime.engine.begin() as connection:
        key = _key(caller, inbox_id) | {"now": clock.now()}
        row = await _one(connection, _DELETE, key)
        told = await _tell(connection, "inbox.deleted", row)
    runtime.ring(queue.WEBHOOKS)
    return answer(told)


def _key(caller: Caller, inbox_id: UUID) -> dict[str, Any]:
    return {"organization_id": caller.organization_id, "id": inbox_id}


async def _one(connection: AsyncConnection, query: sa.TextClause, values: dict[str, Any]) -> Row:
    row = await rows.one(connection, query, values)
    if row is None:
        raise not_found("inbox")
    return row


def _email(settings: Settings, asked: str | None) -> str:
    """The address that is asked for, or a new one on the default domain."""
    if asked is None:
        if settings.default_domain is None:
            raise invalid("email", "Field required: this installation has no default domain.")
        local = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        return f"{local}@{settings.default_domain.lower()}"
    try:
        address = parse_address(asked)
    except AddressError as error:
        raise invalid("email", str(error)) from error
    if address.name or "<" in asked:
        raise invalid("email", "The address alone belongs here; its name goes into `name`.")
    return address.email


async def _check_domain(
    connection: AsyncConnection, settings: Settings, caller: Caller, email: str
) -> None:
    """The default domain is everybody's; any other must be verified for this organization."""
    domain = email.rpartition("@")[2]
    if domain == (settings.default_domain or "").lower():
        return
    values = {"organization_id": caller.organization_id, "name": domain}
    if (await connection.execute(_VERIFIED, values)).one_or_none() is None:
        words = f"The domain {domain} is not verified for your organization."
        raise Problem(422, "domain_not_verified", words, (FieldError("email", words),))


async def _insert(connection: AsyncConnection, caller: Caller, email: str, name: str | None) -> Row:
    values = {
        "id": ids.new(),
        "organization_id": caller.organization_id,
        "email": email,
        "name": name,
        "created_at": clock.now(),
    }
    row = await rows.one(connection, _INSERT, values)
    if row is None:
        raise Problem(409, "inbox_exists", "There is an inbox with this address already.")
    return row


async def _tell(connection: AsyncConnection, kind: str, row: Row) -> Resource:
    """Write the event with the change; the resource as it is told."""
    told = resources.inbox(row)
    event = NewEvent(row["organization_id"], kind, told, inbox_id=row["id"])
    await connection.execute(*events.write([event]))
    return told
