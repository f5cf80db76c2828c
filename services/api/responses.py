"""Answers that are not errors: a dictionary of `common.resources` as JSON bytes, in one step."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

MEDIA_TYPE: Final = "application/json"


def answer(resource: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`resource` as the body. FastAPI passes a Response on as it is: no second validation."""
    return raw(orjson.dumps(resource), status, headers)


def raw(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers, MEDIA_TYPE)
