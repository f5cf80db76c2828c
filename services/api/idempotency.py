"""Idempotency-Key: what was done once is told again, not done again.

A row of `idempotency` is written in the transaction of what it protects, so it exists if and
only if that does. `services.api.once` makes one resource so; a batch, which writes many rows at
once, uses `find` and `row` itself.

The header follows draft-ietf-httpapi-idempotency-key-header-07, quoted or bare, 1 to 255 visible
ASCII characters. Kept for 24 hours; an older row is as good as none.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response

from common import clock
from common.models import Idempotency as Kept
from services.api import responses, sealing
from services.api.body import read
from services.api.dependencies import CallerDep
from services.api.problems import Problem

REPLAYED: Final = {"idempotent-replayed": "true"}
KEPT_FOR: Final = timedelta(hours=24)
COLUMNS: Final = ("organization_id", "key", "fingerprint", "status", "body", "created_at")

_KEY: Final = re.compile(r"[!-~]{1,255}")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')  # RFC 8941 section 3.3.3
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A key that a request came with, and what the request was."""

    organization_id: UUID
    key: str
    fingerprint: str
    seal: str = field(default="", repr=False)

    def sealed_with(self, api_key: str) -> "Claimed":
        """For an answer that shows a secret: it is kept readable only to who sends `api_key`
        again, and told again to nobody else.
        """
        mark = hashlib.sha256(f"{self.fingerprint} {api_key}".encode()).hexdigest()
        return replace(self, fingerprint=mark, seal=api_key)


class LostRaceError(Exception):
    """Another request has kept an answer under this key first: roll back, then `find` it."""


def read_key(header: str) -> str:
    """The key in the header's value; Problem 400 `invalid_idempotency_key`."""
    quoted = _QUOTED.fullmatch(header)
    key = _ESCAPED.sub(r"\1", quoted.group(1)) if quoted else header
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            "invalid_idempotency_key",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        )
    return key


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same request."""
    head = f"{method} {path}\n".encode()
    return hashlib.sha256(head + hashlib.sha256(body).digest()).hexdigest()


async def claimed_by(
    request: Request,
    caller: CallerDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Makes the request safe to repeat: for 24 hours the same key and body "
            "get the first answer again.",
        ),
    ] = None,
) -> Claimed | None:
    if idempotency_key is None:
        return None
    key = read_key(idempotency_key)
    mark = fingerprint(request.method, request.scope["path"], await read(request))
    return Claimed(caller.organization_id, key, mark)


Idempotency = Annotated[Claimed | None, Depends(claimed_by)]


async def find(connection: AsyncConnection, claimed: Claimed) -> Response | None:
    """The answer that this request has had; None if it has had none; Problem 422
    `idempotency_key_reused` if the key belongs to another request.
    """
    kept = sa.select(col(Kept.fingerprint), col(Kept.status), col(Kept.body)).where(
        col(Kept.organization_id) == claimed.organization_id,
        col(Kept.key) == claimed.key,
        col(Kept.created_at) > clock.now() - KEPT_FOR,
    )
    found = (await connection.execute(kept)).one_or_none()
    if found is None:
        return None
    if found.fingerprint != claimed.fingerprint:
        raise Problem(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request in the last 24 hours.",
        )
    return responses.raw(sealing.unseal(claimed.seal, found.body), found.status, REPLAYED)


def row(claimed: Claimed, status: int, body: bytes) -> dict[str, Any]:
    """The row that keeps an answer; its names are `COLUMNS`."""
    return {
        "organization_id": claimed.organization_id,
        "key": claimed.key,
        "fingerprint": claimed.fingerprint,
        "status": status,
        "body": sealing.seal(claimed.seal, body),
        "created_at": clock.now(),
    }


_KEEP: Final = sa.text(f"""
INSERT INTO idempotency AS kept ({", ".join(COLUMNS)})
VALUES ({", ".join(f":{name}" for name in COLUMNS)})
ON CONFLICT (organization_id, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
    created_at = excluded.created_at
WHERE kept.created_at <= excluded.created_at - CAST('24 hours' AS interval)
RETURNING 1
""")


async def keep(connection: AsyncConnection, claimed: Claimed, status: int, body: bytes) -> None:
    """Keep an answer in the caller's transaction; `LostRaceError` where another one stands."""
    kept = await connection.execute(_KEEP, row(claimed, status, body))
    if kept.one_or_none() is None:
        raise LostRaceError
