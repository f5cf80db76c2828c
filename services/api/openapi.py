"""The OpenAPI 3.1 document: what FastAPI knows of the routes, and what it cannot know.

A route says what it answers when all is well (`response_model=`, a `Shown`), and the problems that
are its own (`responses={409: problem("inbox_exists")}`). What follows from what it asks for is
added here: a key (401), a body (400, 413, 415, 422), an id in the path (404), an Idempotency-Key
(400, 409, 422), the database (503), and that anything may break (500).
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from services.api import (
    administrators,
    body,
    cursor,
    dependencies,
    idempotency,
    webhook_document,
)
from services.api.problems import MEDIA_TYPE
from services.api.responses import answer
from services.api.schemas.base import Schema
from services.api.schemas.problems import ProblemShown
from services.api.tidying import drop_fastapis, tidied

_REFERENCE: Final = "#/components/schemas/{model}"
_SECURITY: Final = "apiKey"
_ADMINISTRATION: Final = "administratorKey"
_FIRST_ERROR: Final = 400
_EVERYWHERE: Final = {500}
_WORDS: Final = {
    400: "`invalid_json`, `invalid_cursor` or `invalid_idempotency_key`",
    401: "`unauthorized`: the API key is missing or wrong",
    404: "There is none, or it is another organization's",
    409: "`idempotency_key_in_flight`: the first request with this key is not done yet",
    413: "`message_too_large`",
    415: "`unsupported_media_type` or `unsupported_content_encoding`",
    422: "`validation_failed`, or `idempotency_key_reused`",
    500: "`internal_error`: it has been logged under the `requestId`",
    503: "`unavailable`: nothing is known to have been changed; see `Retry-After`",
}
_OF_CALL: Final = {
    dependencies.runtime_of: {503},
    dependencies.caller_of: {401},
    administrators.administrator_of: {401},
    cursor.page_of: {400},
    idempotency.claimed_by: {400, 409, 413},
}
_OF_BODY: Final = {400, 413, 415, 422}

Document = dict[str, Any]


def problem(description: str) -> Document:
    """A problem of one route alone, for its `responses`."""
    return {"description": description}


def install(app: FastAPI) -> None:
    """Serve it at `/openapi.json`, made when it is asked for first: that takes a good part of a
    second, in which other requests go on.
    """
    lock = asyncio.Lock()

    async def document() -> Response:
        async with lock:
            if app.openapi_schema is None:
                app.openapi_schema = await asyncio.to_thread(build, app)
        return answer(app.openapi_schema)

    app.add_api_route("/openapi.json", document, include_in_schema=False)


def build(app: FastAPI) -> Document:
    """The whole document."""
    if not app.webhooks.routes:  # now, as they take nearly all the time that an app takes to make
        webhook_document.describe(app)
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
        webhooks=app.webhooks.routes,
    )
    operations = list(_operations(app, document))
    for operation, needs in operations:
        _complete(operation, needs)
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(_schemas(needs for _, needs in operations))
    components["securitySchemes"] = {
        _SECURITY: {"type": "http", "scheme": "bearer", "description": "An API key, `pr_...`."},
        _ADMINISTRATION: {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of `POSTROOM_ADMIN_KEYS`.",
        },
    }
    return tidied(document)


class _Needs:
    """What one operation asks for, itself or by what it depends on."""

    def __init__(self, dependant: Dependant) -> None:
        everything = list(_walk(dependant))
        self.calls = {one.call for one in everything}
        self.model: type[Schema] | None = next(
            (getattr(one.call, body.MODEL) for one in everything if hasattr(one.call, body.MODEL)),
            None,
        )
        self.in_path = any(one.path_params for one in everything)
        self.in_head = any(one.query_params or one.header_params for one in everything)

    def statuses(self) -> set[int]:
        """The problems that follow."""
        found = set(_EVERYWHERE)
        for call, statuses in _OF_CALL.items():
            if call in self.calls:
                found |= statuses
        if self.model:
            found |= _OF_BODY
        return found | ({404} if self.in_path else set()) | ({422} if self.in_head else set())


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _walk(inner)


def _operations(app: FastAPI, document: Document) -> Iterator[tuple[Document, _Needs]]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            yield from _operations_of(context, document)


def _operations_of(context: RouteContext, document: Document) -> Iterator[tuple[Document, _Needs]]:
    for method in context.methods or ():
        operation = document["paths"][context.path_format][method.lower()]
        operation["operationId"] = context.name  # what a generated client calls it
        yield operation, _Needs(context.dependant)


def _complete(operation: Document, needs: _Needs) -> None:
    if needs.model:
        schema = {"$ref": _REFERENCE.format(model=needs.model.__name__)}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if dependencies.caller_of in needs.calls:
        operation["security"] = [{_SECURITY: []}]
    if administrators.administrator_of in needs.calls:
        operation["security"] = [{_ADMINISTRATION: []}]
    told: Document = operation["responses"]
    drop_fastapis(told)
    for status in needs.statuses():
        told.setdefault(str(status), {"description": _WORDS[status]})
    operation["responses"] = {status: _response(status, told[status]) for status in sorted(told)}


def _response(status: str, told: Document) -> Document:
    if int(status) >= _FIRST_ERROR:
        told["content"] = {MEDIA_TYPE: {"schema": _problem_reference()}}
    return told | {"headers": told.get("headers", {}) | _REQUEST_ID}


def _problem_reference() -> Document:
    return {"$ref": _REFERENCE.format(model=ProblemShown.__name__)}


_REQUEST_ID: Final[Document] = {
    "X-Request-Id": {
        "description": "The caller's, if it sent a sane one.",
        "schema": {"type": "string"},
    }
}


def _schemas(all_needs: Iterable[_Needs]) -> Document:
    """The schemas that FastAPI has not seen: of bodies, and of problems."""
    bodies = {needs.model for needs in all_needs if needs.model}
    _, told = models_json_schema(
        [*((one, "validation") for one in bodies), (ProblemShown, "serialization")],
        ref_template=_REFERENCE,
    )
    definitions: Document = told["$defs"]
    return definitions
