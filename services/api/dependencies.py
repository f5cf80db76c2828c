"""What a route may ask for: who calls, with which ids, and the process's own parts.

    @router.get("/inboxes/{inboxId}")
    async def get_inbox(runtime: RuntimeDep, caller: CallerDep, inbox_id: InboxId) -> Response: ...

All of them are coroutines: FastAPI runs a plain function in a thread, at ten times the price.
A route opens its own transaction (`async with runtime.engine.begin()`), so that it is committed
before the answer leaves; what FastAPI runs after a `yield` comes too late for that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Path
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from common import ids
from common.settings import Settings
from common.vault import Vault
from services.api.keyring import Caller, Keyring
from services.api.problems import Problem, not_found

if TYPE_CHECKING:  # they ask for what is here: a circle at run time
    from services.api.accept import Acceptor
    from services.api.limits import Limiter
    from services.api.raw_mail import RawMailStore
    from services.api.setup import Setup
    from services.api.wait import Waits
    from services.api.watch import Watch

__all__ = ["Caller", "CallerDep", "Runtime", "RuntimeDep"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What one process of the API is made of; on `app.state.runtime` while it runs.

    `ring(room)` says that there is work: it returns at once and never raises. `broker_answers()`
    blocks for a second at most.
    """

    settings: Settings
    engine: AsyncEngine
    keyring: Keyring
    ring: Callable[[str], None]
    broker_answers: Callable[[], bool]
    accept: "Acceptor"
    limiter: "Limiter"
    vault: Vault
    watch: "Watch"
    waits: "Waits"
    raw_mail: "RawMailStore"
    setup: "Setup"


async def runtime_of(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(runtime_of)]


def bearer(request: Request) -> str:
    """The key of `Authorization: Bearer <key>` (RFC 6750 section 2.1), or an empty text."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip(" ") if scheme.lower() == "bearer" else ""


async def caller_of(request: Request, runtime: RuntimeDep) -> Caller:
    caller = await runtime.keyring.find(bearer(request))
    if caller is None:
        # The same words for a key that is missing, mistyped, unknown or deleted.
        raise Problem(
            401,
            "unauthorized",
            "A valid API key is needed: Authorization: Bearer <key>.",
            headers={"www-authenticate": "Bearer"},
        )
    request.state.organization_id = caller.organization_id
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]


@dataclass(frozen=True, slots=True)
class _IdOf:
    """Decodes an id of one kind; anything else is the 404 of nothing."""

    noun: str
    prefix: str

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._decode)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return id_schema(self.prefix)

    def _decode(self, text: str) -> UUID:
        try:
            return ids.decode(self.prefix, text)
        except ids.IdError:
            raise not_found(self.noun) from None


def id_schema(prefix: str) -> dict[str, Any]:
    """How an id looks, for the document."""
    return {
        "type": "string",
        "pattern": f"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$",
        "examples": [f"{prefix}_01kamw3xbyfyts8n1z0m5vg2qd"],
    }


InboxId = Annotated[UUID, _IdOf("inbox", ids.INBOX), Path(alias="inboxId")]
MessageId = Annotated[UUID, _IdOf("message", ids.MESSAGE), Path(alias="messageId")]
ThreadId = Annotated[UUID, _IdOf("thread", ids.THREAD), Path(alias="threadId")]
AttachmentId = Annotated[UUID, _IdOf("attachment", ids.ATTACHMENT), Path(alias="attachmentId")]
WebhookId = Annotated[UUID, _IdOf("webhook", ids.WEBHOOK), Path(alias="webhookId")]
KeyId = Annotated[UUID, _IdOf("api_key", ids.API_KEY), Path(alias="keyId")]
