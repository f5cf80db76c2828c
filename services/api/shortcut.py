"""The shortest way to the two routes that mail is sent by.

To get to an endpoint FastAPI goes through a router, three exit stacks and two handlers of
exceptions: a tenth of what an accept costs (tests/bench). A `MeteredRoute` needs none of them: it
asks for its parts itself, and what it raises is a Problem.
"""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api import problems
from services.api.metering import MeteredRoute
from services.api.problems import Problem


class Shortcut:
    """ASGI middleware inside of the edge. Whatever is for no metered route goes on to `app`."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = [one for one in routes if isinstance(one, MeteredRoute)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            for route in self._routes:
                if found := route.path_regex.match(scope["path"]):
                    scope["route"], scope["path_params"] = route, found.groupdict()
                    await _answer(route, scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _answer(route: MeteredRoute, scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive, send)
    try:
        response = await route.answer(request)
    except Problem as problem:
        response = problems.render(problem, problems.path_in(scope), request.state.request_id)
    await response(scope, receive, send)
