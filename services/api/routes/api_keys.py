"""API keys of an organization: all are equal, each may do everything."""

# ruff: noqa: FAST003 - KeyId carries the name that the path has

from typing import Annotated, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from common.models import ApiKey
from common.resources import Resource, Row
from services.api import keys, rows
from services.api.body import json_body
from services.api.cursor import PageDep, listed
from services.api.dependencies import Caller, CallerDep, KeyId, RuntimeDep, bearer
from services.api.idempotency import Idempotency
from services.api.once import once
from services.api.openapi import problem
from services.api.problems import Problem, not_found
from services.api.responses import answer
from services.api.schemas.api_keys import ApiKeyShown, ApiKeyWithKey, NewApiKey

router = APIRouter(prefix="/v1/api_keys", tags=["API keys"])

_COLUMNS: Final = "id, organization_id, name, prefix, created_at"
_MINE: Final = "organization_id = :organization_id"

_LIST: Final = sa.text(
    f"SELECT {_COLUMNS} FROM api_key WHERE {_MINE} AND id < :before ORDER BY id DESC LIMIT :limit"
)
_GET: Final = sa.text(f"SELECT {_COLUMNS} FROM api_key WHERE {_MINE} AND id = :id")
_LOCK: Final = sa.text("SELECT 1 FROM organization WHERE id = :organization_id FOR UPDATE")
_COUNT: Final = sa.text(f"SELECT count(*) FROM api_key WHERE {_MINE}")
_DELETE: Final = sa.text(f"DELETE FROM api_key WHERE {_MINE} AND id = :id")


@router.post("", status_code=201, response_model=ApiKeyWithKey)
async def create_api_key(
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    claimed: Idempotency,
    new: Annotated[NewApiKey, json_body(NewApiKey)],
) -> Response:
    """Create a key. The key itself is in this answer only."""

    async def create(connection: AsyncConnection) -> Resource:
        key = keys.make(caller.organization_id, new.name)
        await connection.execute(sa.insert(ApiKey).values(**key.row))
        return keys.resource(key.row) | {"key": key.text}

    sealed = claimed and claimed.sealed_with(bearer(request))
    return await once(runtime.engine, sealed, 201, create)


@router.get("", response_model=list[ApiKeyShown])
async def list_api_keys(
    request: Request, runtime: RuntimeDep, caller: CallerDep, page: PageDep
) -> Response:
    """All keys, newest first, by their first letters."""
    values = {"organization_id": caller.organization_id, **page.values}
    async with runtime.engine.connect() as connection:
        found = await rows.every(connection, _LIST, values)
    return listed(request, page, found, keys.resource)


@router.get("/{keyId}", response_model=ApiKeyShown)
async def get_api_key(runtime: RuntimeDep, caller: CallerDep, key_id: KeyId) -> Response:
    """One key, by its first letters."""
    async with runtime.engine.connect() as connection:
        return answer(keys.resource(await _one(connection, caller, key_id)))


@router.delete(
    "/{keyId}",
    response_model=ApiKeyShown,
    responses={409: problem("`last_api_key`: create another one first.")},
)
async def delete_api_key(runtime: RuntimeDep, caller: CallerDep, key_id: KeyId) -> Response:
    """Delete a key: it is refused everywhere within a second. The key that this request came with
    may be deleted; the last one may not, since nobody could make another.
    """
    values = {"organization_id": caller.organization_id, "id": key_id}
    async with runtime.engine.begin() as connection:
        await connection.execute(_LOCK, values)  # of two deletions at once, one sees the other
        row = await _one(connection, caller, key_id)
        if (await connection.execute(_COUNT, values)).scalar_one() == 1:
            raise Problem(409, "last_api_key", "The last API key cannot be deleted.")
        await connection.execute(_DELETE, values)
    runtime.keyring.forget(key_id)
    return answer(keys.resource(row))


async def _one(connection: AsyncConnection, caller: Caller, key_id: UUID) -> Row:
    values = {"organization_id": caller.organization_id, "id": key_id}
    row = await rows.one(connection, _GET, values)
    if row is None:
        raise not_found("api_key")
    return row
