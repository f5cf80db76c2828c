"""Which methods a path knows, for the `Allow` of a 405 (RFC 9110 section 15.5.6).

Starlette names only those of the first route that has the path; ours have one route each.
"""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


def allowed(app: FastAPI, path: str) -> set[str]:
    """The methods of all routes at this path; of `messages/send` and `messages/{messageId}`, which
    are both at the first, those of the one with fewer parameters.
    """
    found: dict[str, set[str]] = {}
    for context in iter_route_contexts(app.routes):
        route = context.path_format
        if route and compile_path(route)[0].match(path):
            found.setdefault(route, set()).update(context.methods or ())
    return min(found.items(), key=lambda one: one[0].count("{"), default=("", set[str]()))[1]
