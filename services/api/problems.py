"""Errors as the wire has them: RFC 9457 problem+json and nothing else.

Problem(Exception)      the one error that rooms of the API raise on purpose
    not_found(noun)     404 <noun>_not_found; also what belongs to another organization
    invalid(path, ...)  422 validation_failed, naming the field
    unavailable()       503: the database is away; a later try may work

Whatever else is raised is turned into a Problem by `from_error`: a crash is a 500 that tells
nothing of its reason but the request id, under which the log has it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

import orjson
import psycopg
import sqlalchemy as sa
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from services.api.methods import allowed

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2

_MOST_ERRORS: Final = 50
_MOST_PATH: Final = 200
_NAMES: Final = {"api_key": "API key", "webhook": "Webhook", "raw": "Raw message"}
_OF_STATUS: Final = {
    404: ("route_not_found", "There is nothing at this path."),
    405: ("method_not_allowed", "This path does not know that method."),
}
_AWAY: Final = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request; `path` like `to[0]`."""

    path: str
    message: str


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that is an error. `members`: more of the body, beside what every problem has."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


def not_found(noun: str) -> Problem:
    """`not_found("inbox")`: 404 `inbox_not_found` "Inbox not found"."""
    name = _NAMES.get(noun, noun.capitalize())
    return Problem(404, f"{noun}_not_found", f"{name} not found")


def invalid(path: str, message: str) -> Problem:
    """422 for one field that a schema alone cannot judge."""
    return all_invalid((FieldError(path, message),))


def all_invalid(errors: tuple[FieldError, ...]) -> Problem:
    """422 for several fields at once."""
    first = errors[0]
    told = f"{first.path}: {first.message}" if first.path else first.message
    return Problem(422, "validation_failed", told, errors[:_MOST_ERRORS])


def unavailable(members: Mapping[str, Any] | None = None) -> Problem:
    """503: nothing is known to have been changed, a later try may work."""
    return Problem(
        503,
        "unavailable",
        "The database does not answer now. Try again soon.",
        headers={"retry-after": str(RETRY_SECONDS)},
        members=members or {},
    )


def from_validation(error: ValidationError | RequestValidationError, skip: int = 0) -> Problem:
    """What pydantic found, by its fields' names on the wire; `skip` drops leading places."""
    found = error.errors()
    # A list whose only item is wrong is also called too short: what is inside says it better.
    inside = {one["loc"][:end] for one in found for end in range(len(one["loc"]))}
    told = [one for one in found if one["loc"] not in inside][:_MOST_ERRORS]
    return all_invalid(tuple(_field_error(one, skip) for one in told))


def _field_error(error: Any, skip: int) -> FieldError:
    context = error.get("ctx") or {}
    path = path_of([*error["loc"][skip:], *context.get("at", ())])
    kind = error["type"]
    if kind == "extra_forbidden":
        return FieldError(path, "Unknown field")
    if kind == "missing":
        return FieldError(path, "Field required")
    return FieldError(path, str(error["msg"]).removeprefix("Value error, "))


def path_of(places: list[Any]) -> str:
    """`["attachments", 1, "content"]` -> `attachments[1].content`."""
    path = ""
    for place in places:
        if isinstance(place, int):
            path += f"[{place}]"
        elif place != "[key]":  # pydantic's mark for "the key itself"; the key stands before it
            path += f".{place}" if path else str(place)
    return path[:_MOST_PATH]


def from_error(error: BaseException) -> Problem:
    """The problem that any exception comes to at the door."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return from_validation(error, skip=1)  # FastAPI puts "query" or "path" first
    if isinstance(error, HTTPException):
        return _from_http(error)
    if is_unavailable(error):
        return unavailable()
    if isinstance(error, asyncio.CancelledError):
        return stopping()
    return Problem(500, "internal_error", "Something went wrong here. It has been logged.")


def stopping() -> Problem:
    """503: of readiness, and of what is still under way when the time to finish is over, when
    uvicorn cancels it.
    """
    return Problem(
        503, "stopping", "This server is stopping. Try again.", headers={"retry-after": "1"}
    )


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is away, overloaded or (after a failover) still read-only."""
    if isinstance(error, sa.exc.DBAPIError) and (
        error.connection_invalidated
        or isinstance(error.orig, psycopg.errors.ReadOnlySqlTransaction)
    ):
        return True
    return isinstance(error, _AWAY)


def _from_http(error: HTTPException) -> Problem:
    fallback = (f"http_{error.status_code}", str(error.detail))
    code, detail = _OF_STATUS.get(error.status_code, fallback)
    return Problem(error.status_code, code, detail, headers=error.headers or {})


def render(problem: Problem, path: str, request_id: str) -> Response:
    """The answer. `path`: of the request, as it came, without its query."""
    body: dict[str, Any] = {
        "type": "about:blank",  # RFC 9457 section 4.2.1: the status says what kind it is
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        "error": problem.detail,  # the name that clients of the seed's API read
        "code": problem.code,
        "requestId": request_id,
        **problem.members,
    }
    if problem.errors:
        body["errors"] = [{"path": one.path, "message": one.message} for one in problem.errors]
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA_TYPE)


async def handle(request: Request, error: Exception) -> Response:
    """The exception handler for everything that is raised inside the application."""
    problem = from_error(error)
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        names = ", ".join(sorted(allowed(request.app, request.url.path)))
        problem = replace(problem, headers={"allow": names})
    return render(problem, path_in(request.scope), request.state.request_id)


def path_in(scope: Scope) -> str:
    """The path as it came: percent-encoded, so that it is a URI reference (RFC 9457, instance)."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")
