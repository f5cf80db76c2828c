"""The document's `webhooks`: what is sent to endpoints, a schema for each type of event."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI

from services.api.samples import PYTHON, TYPESCRIPT
from services.api.schemas.base import Shown
from services.api.schemas.events import OF_TYPE

_HEADERS: Final = {
    "webhook-id": "The event's id, the same on every retry: what has it was told before.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`, one "
    "for each secret that is live, with a space between them (Standard Webhooks 1.0).",
}
_TAG: Final = "webhook events"


def describe(app: FastAPI) -> None:
    """Add all of them to `app.webhooks`, and their tag to `app.openapi_tags`."""
    app.openapi_tags = [*(app.openapi_tags or ()), {"name": _TAG, "description": _how_to_verify()}]
    samples = _samples()
    for kind, model in OF_TYPE.items():
        app.webhooks.add_api_route(
            kind, _endpoint(model), methods=["POST"], **_told(kind, model, samples)
        )


def _endpoint(model: type[Shown]) -> Callable[..., None]:
    """What FastAPI reads the schema of an event from; nobody calls it."""

    def told(event: Shown) -> None: ...

    told.__annotations__["event"] = model
    return told


def _told(kind: str, model: type[Shown], samples: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "operation_id": f"{kind.replace('.', '_')}_event",
        "summary": model.__doc__,
        "description": "Sent to your endpoint, signed. Any 2xx says that it was heard; anything "
        "else, a redirect too, is tried again for three days.",
        "status_code": 204,
        "tags": [_TAG],
        "response_description": "Heard.",
        "responses": {410: {"description": "Heard, and the last: the webhook is disabled."}},
        "openapi_extra": {
            "parameters": [_header(*one) for one in _HEADERS.items()],
            "x-codeSamples": samples,
        },
    }


def _samples() -> list[dict[str, str]]:
    """Receivers, as viewers of the document (Redoc, Scalar) show them beside an operation."""
    return [
        {"lang": "Python", "label": "FastAPI", "source": PYTHON.read_text("utf-8")},
        {
            "lang": "TypeScript",
            "label": "Request and Response",
            "source": TYPESCRIPT.read_text("utf-8"),
        },
    ]


def _how_to_verify() -> str:
    """The same in words, for who reads the document itself."""
    return (
        "What your endpoint is sent. Verify before you believe it, with any library of "
        "[Standard Webhooks](https://www.standardwebhooks.com), and drop the `webhook-id` that you "
        "have seen.\n\n"
        f"```python\n{PYTHON.read_text('utf-8')}```\n\n```ts\n{TYPESCRIPT.read_text('utf-8')}```"
    )


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }
