"""Refusals of what is no AWS: 400, and sentences for a person."""

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response


def refusal(words: str) -> Response:
    return JSONResponse({"error": words}, 400)


def sentence(error: ValidationError) -> Response:
    """One clause for each thing that is wrong."""
    said = [
        (".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, "))
        for e in error.errors()
    ]
    words = "; ".join(f"{where}: {what}" if where else what for where, what in said)
    return refusal(words + ".")
