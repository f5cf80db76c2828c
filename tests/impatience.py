"""Requests out of the OpenAPI document that would only wait: made to be answered at once."""

from typing import Any

from schemathesis import Case

LONGEST = 120


def hurry(case: Case[Any]) -> None:
    """Good ones; what schemathesis has made wrong stays wrong."""
    case.headers.pop("Prefer", None)
    timeout = str((case.query or {}).get("timeout", LONGEST))
    if case.path.endswith("/wait") and timeout.isdecimal() and int(timeout) <= LONGEST:
        case.query = {**(case.query or {}), "timeout": 0}
