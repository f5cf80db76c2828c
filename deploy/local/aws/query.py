"""The query protocol of SNS, STS and SES v1: a form in, XML out.

https://docs.aws.amazon.com/IAM/latest/APIReference/query-api.html. Members are told by their
paths: `Rule.Actions.member.1.S3Action.BucketName`, and of a map `Attributes.entry.1.key`.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from deploy.local.aws.errors import AwsError

Body = dict[str, Any]
Operation = Callable[[Body], Body]
FORM: Final = "application/x-www-form-urlencoded"


class Entries(dict[str, str]):
    """A map, which the protocol writes as a list of keys and values."""


async def read(request: Request) -> tuple[str, Body]:
    """The operation's name and its members."""
    pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
    tree: Body = {}
    for path, value in pairs:
        at = tree
        *way, last = path.split(".")
        for step in way:
            at = at.setdefault(step, {})
        at[last] = value
    return str(tree.pop("Action", "")), {k: _folded(v) for k, v in tree.items() if k != "Version"}


def _folded(value: Any) -> Any:
    """Lists and maps out of their numbered members, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    for name in ("member", "entry"):
        if isinstance(numbered := value.get(name), dict):
            found = [_folded(numbered[n]) for n in sorted(numbered, key=int)]
            return found if name == "member" else {one["key"]: one["value"] for one in found}
    return {name: _folded(one) for name, one in value.items()}


def is_true(value: object) -> bool:
    return str(value).lower() == "true"


async def handle(request: Request, operations: Mapping[str, Operation], namespace: str) -> Response:
    """The answer of the operation that the form names, or its refusal."""
    name, body = await read(request)
    operation = operations.get(name)
    if operation is None:
        return _refusal(AwsError("InvalidAction", f"The local double has no operation {name}."))
    try:
        result = operation(body)
    except AwsError as error:
        return _refusal(error)
    except KeyError as missing:
        return _refusal(AwsError("ValidationError", f"{missing} is required."))
    told = f"<{name}Result>{_xml(result)}</{name}Result>"
    meta = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    text = f'<{name}Response xmlns="{namespace}">{told}{meta}</{name}Response>'
    return Response(text, media_type="text/xml")


def _refusal(error: AwsError) -> Response:
    kind = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
    told = f"<Type>{kind}</Type><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    text = f"<ErrorResponse><Error>{told}</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
    return Response(text, error.status, media_type="text/xml")


def _xml(value: Any) -> str:
    if isinstance(value, Entries):
        return "".join(
            f"<entry><key>{escape(k)}</key><value>{escape(v)}</value></entry>"
            for k, v in value.items()
        )
    if isinstance(value, Mapping):
        return "".join(f"<{k}>{_xml(v)}</{k}>" for k, v in value.items() if v is not None)
    if isinstance(value, list):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


Handler = Callable[[Request], Awaitable[Response]]


def service(operations: Mapping[str, Operation], namespace: str) -> Handler:
    """What answers the requests of one service."""

    async def answer(request: Request) -> Response:
        return await handle(request, operations, namespace)

    return answer
