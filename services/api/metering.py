"""The two routes that count against the limit: their headers on every answer, and their numbers.

A request may fail before its own code is reached (a body that is not JSON, an id that is none),
so the headers are added around it: wherever the caller is known, the answer says where it stands.

What these routes ask for is got by hand, in the order in which FastAPI would: its own way of
solving dependencies costs more CPU than all else that is done for a message (tests/bench). Their
signatures are what the OpenAPI document is made of.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from http import HTTPStatus
from inspect import signature
from typing import Any, Final
from uuid import UUID

from fastapi.routing import APIRoute
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response

from common import ids, logs, metrics, tracing
from services.api import body, problems
from services.api.dependencies import Caller, Runtime, caller_of
from services.api.idempotency import claimed_by
from services.api.keyring import PATIENCE_SECONDS
from services.api.limits import Window
from services.api.problems import not_found
from services.api.schemas.base import Schema

ACCEPTED = Counter("postroom_messages_accepted_total", "Sends and replies that were accepted")
# code: as the problem that the caller got has it
REFUSED = Counter("postroom_messages_refused_total", "Sends and replies that were not", ["code"])
SECONDS = Histogram(
    "postroom_accept_seconds",
    "From the request to the commit, without the time in which its body comes",
    buckets=metrics.SECONDS,
)

_STANDING_SECONDS: Final = 0.9
"""For where a caller stands, where the request has not counted: an answer that was given before is
not held back for its headers, and all of it stays within 10 s.
"""

log = logs.get(__name__)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_PATH: Final = {
    "inbox_id": ("inboxId", ids.INBOX, "inbox"),
    "message_id": ("messageId", ids.MESSAGE, "message"),
}


def stand(request: Request, window: Window) -> None:
    """Where the caller stands after what this request has counted."""
    request.state.window = window


class MeteredRoute(APIRoute):
    """Says on each answer where the caller stands. Its endpoint's parameters are `request`,
    `runtime`, `caller`, `claimed`, `new` (its body), and ids of the path.
    """

    answer: Handler
    """To one request; raises a Problem."""

    def get_route_handler(self) -> Handler:
        endpoint, model, name = self.endpoint, self._model(), f"POST {self.path}"
        in_path = [_PATH[name] for name in signature(endpoint).parameters if name in _PATH]

        async def handle_metered(request: Request) -> Response:
            with tracing.request(name, request.scope["headers"]):
                try:
                    response: Response = await endpoint(**await _arguments(request, model, in_path))
                except Exception as error:
                    raise await _told(request, error) from error
                response.raw_headers += _raw(await _headers(request))
                tracing.note(status=response.status_code)
                return response

        self.answer = handle_metered
        return handle_metered

    def _model(self) -> type[Schema]:
        calls = [one.call for one in self.dependant.dependencies]
        model: type[Schema] = next(
            getattr(one, body.MODEL) for one in calls if hasattr(one, body.MODEL)
        )
        return model


async def _arguments(
    request: Request, model: type[Schema], in_path: list[tuple[str, str, str]]
) -> dict[str, Any]:
    runtime: Runtime = request.app.state.runtime
    began = time.monotonic()
    caller = await caller_of(request, runtime)
    request.state.caller = caller
    request.state.patience = PATIENCE_SECONDS - (time.monotonic() - began)
    claimed = await claimed_by(request, caller, request.headers.get("idempotency-key"))
    content_type = request.headers.get("content-type", "")
    new = body.parse(model, content_type, await body.read(request))
    body.let_go(request)  # it may be 40 MB, and what is to be written is in `new`
    return {
        "request": request,
        "runtime": runtime,
        "caller": caller,
        "claimed": claimed,
        "new": new,
        **{f"{noun}_id": _id(request, name, prefix, noun) for name, prefix, noun in in_path},
    }


def _id(request: Request, name: str, prefix: str, noun: str) -> UUID:
    try:
        return ids.decode(prefix, request.path_params[name])
    except ids.IdError:
        raise not_found(noun) from None


async def _told(request: Request, error: Exception) -> problems.Problem:
    """The problem that this error comes to, with the headers; counted."""
    problem = problems.from_error(error)
    REFUSED.labels(problem.code).inc()
    tracing.note(status=problem.status, outcome=problem.code)
    if problem.status >= 500:  # noqa: PLR2004 - where it came from is lost on the way out
        log.error("send.failed", code=problem.code, exc_info=error)
    return replace(problem, headers={**problem.headers, **await _headers(request, problem)})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def _headers(request: Request, problem: problems.Problem | None = None) -> dict[str, str]:
    window: Window | None = getattr(request.state, "window", None)
    caller: Caller | None = getattr(request.state, "caller", None)
    # To ask a database that is away would take as long again as it took to find out.
    away = problem is not None and problem.status == HTTPStatus.SERVICE_UNAVAILABLE
    if window is None and caller is not None and not away:
        runtime: Runtime = request.app.state.runtime
        try:
            async with asyncio.timeout(_STANDING_SECONDS):
                window = await runtime.limiter.look(caller)
        except Exception as error:  # noqa: BLE001 - the answer matters more than its headers
            log.warning("limits.unknown", error=type(error).__name__)
    return window.headers if window else {}
