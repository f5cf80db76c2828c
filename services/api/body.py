"""A request's JSON body: `body: Annotated[NewInbox, json_body(NewInbox)]`.

Not FastAPI's own body parameter, for three reasons: that is read before the caller is known (up
to 42 MB for a stranger), its bytes become Python objects before pydantic sees them (twice the
memory and time for attachments), and its 422 for broken JSON would have to be told from others.
Nor Starlette's `Request.body`, which holds it twice while it comes, and once to the request's end.

    415 unsupported_media_type   the body does not say that it is JSON
    400 invalid_json             it is not JSON, not UTF-8, or nested too deep to be meant well
    422 validation_failed        it is JSON, but not what is wanted; names each field
"""

from io import BytesIO
from typing import Any, Final, TypeVar

from fastapi import Depends
from pydantic import ValidationError
from starlette.requests import Request

from services.api.dependencies import CallerDep
from services.api.problems import Problem, from_validation
from services.api.schemas.base import REAL, Schema

S = TypeVar("S", bound=Schema)

MODEL: Final = "__postroom_model__"
"""Where the document (openapi.py) finds which schema a route reads."""


async def read(request: Request) -> bytes:
    """All of it, also where it was read before."""
    state = request.state
    if not hasattr(state, "body"):
        body = BytesIO()  # grows in place
        async for piece in request.stream():
            body.write(piece)
        state.body = body.getvalue()  # no copy
    found: bytes = state.body
    return found


def let_go(request: Request) -> None:
    """Nobody reads the body any more."""
    del request.state.body


def parse(model: type[S], content_type: str, body: bytes) -> S:
    """The body as `model`, or the Problem that says what is wrong with it."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(
            415, "unsupported_media_type", "The body must be JSON: Content-Type: application/json."
        )
    try:
        # JSON can write NUL and half a surrogate pair by an escape alone (RFC 8259 section 7).
        return model.model_validate_json(body, context=None if b"\\u" in body else REAL)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            words = f"The body is not valid JSON: {_why(first)}."
            raise Problem(400, "invalid_json", words) from None
        raise from_validation(error) from None


def _why(error: Any) -> str:
    """The parser's words and place; they quote nothing of the body."""
    return str(error["ctx"]["error"])


def json_body(model: type[S]) -> Any:
    """A dependency that reads the body as `model`, after the caller is known."""

    async def parsed(request: Request, _: CallerDep) -> S:
        return parse(model, request.headers.get("content-type", ""), await read(request))

    setattr(parsed, MODEL, model)
    return Depends(parsed)
