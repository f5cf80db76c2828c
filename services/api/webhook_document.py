"""The document's `webhooks`: what is sent to endpoints, a schema for each type of event."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI

from services.api.schemas.base import Shown
from services.api.schemas.events import OF_TYPE

_HEADERS: Final = {
    "webhook-id": "The event's id, the same on every retry: what has it was told before.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`, one "
    "for each secret that is live, with a space between them (Standard Webhooks 1.0).",
}


def describe(app: FastAPI) -> None:
    """Add all of them to `app.webhooks`."""
    for kind, model in OF_TYPE.items():
        app.webhooks.add_api_route(kind, _endpoint(model), methods=["POST"], **_told(kind, model))


def _endpoint(model: type[Shown]) -> Callable[..., None]:
    """What FastAPI reads the schema of an event from; nobody calls it."""

    def told(event: Shown) -> None: ...

    told.__annotations__["event"] = model
    return told


def _told(kind: str, model: type[Shown]) -> dict[str, Any]:
    return {
        "operation_id": f"{kind.replace('.', '_')}_event",
        "summary": model.__doc__,
        "description": "Sent to your endpoint, signed. Any 2xx says that it was heard; anything "
        "else, a redirect too, is tried again for three days.",
        "status_code": 204,
        "tags": ["webhook events"],
        "response_description": "Heard.",
        "responses": {410: {"description": "Heard, and the last: the webhook is disabled."}},
        "openapi_extra": {"parameters": [_header(*one) for one in _HEADERS.items()]},
    }


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }
