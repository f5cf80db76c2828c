"""The rest-json protocol of SES v2: JSON in, JSON out, an error's code in a header."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from deploy.local.aws.errors import AwsError


async def read(request: Request) -> dict[str, Any]:
    """Raises SerializationException, as AWS does for a body that is no JSON object."""
    raw = await request.body()
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise AwsError("SerializationException", "The request body is not JSON.") from error
    if not isinstance(body, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object.")
    return body


def answer(payload: object, status: int = HTTPStatus.OK, error: str = "") -> Response:
    headers = {"x-amzn-RequestId": str(uuid4())}
    if error:
        headers["x-amzn-ErrorType"] = error
    return Response(orjson.dumps(payload), status, headers, "application/json")


def refuse(error: AwsError) -> Response:
    body = {"__type": error.code, "message": error.message}
    return answer(body, error.status, error.code)


async def unknown(request: Request, _: Exception | None = None) -> Response:
    words = f"The local double has no {request.method} {request.url.path}."
    return refuse(AwsError("UnknownOperationException", words, HTTPStatus.NOT_FOUND))


async def refused(_: Request, error: Exception) -> Response:
    """Starlette's exception handler for AwsError."""
    if not isinstance(error, AwsError):
        raise error
    return refuse(error)
