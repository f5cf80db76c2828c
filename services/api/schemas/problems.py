"""The one shape of every error (RFC 9457)."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from services.api.schemas.base import Shown


class FieldErrorShown(Shown):
    """What is wrong with one field."""

    path: str = Field(examples=["to[0]"])
    message: str = Field(examples=["An address needs an @."])


class ProblemShown(Shown):
    """An error. `code` is stable; `detail` and `error` are the same words, for people."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "Inbox not found",
                    "instance": "/v1/inboxes/inbox_01kamw3xbyfyts8n1z0m5vg2qd",
                    "error": "Inbox not found",
                    "code": "inbox_not_found",
                    "requestId": "req_01kamw4hx7e8dbfn2g0c1v9xkz",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error: str
    code: str
    request_id: str
    errors: list[FieldErrorShown] | None = None
