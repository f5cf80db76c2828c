"""Which methods a path knows, for the `Allow` of a 405 (RFC 9110 section 15.5.6).

Starlette names only those of the first route that has the path; ours have one route each.
"""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


def allowed(app: FastAPI, path: str) -> set[str]:
    """The methods of all routes at this path."""
    found: set[str] = set()
    for context in iter_route_contexts(app.routes):
        if context.path_format and compile_path(context.path_format)[0].match(path):
            found |= context.methods or set()
    return found
