"""The OpenAPI document as the code makes it: known while tests are collected, before anything runs.

`test_schema.py` makes sure that it is the one that the running API serves.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from common.settings import Settings
from services.api import openapi
from services.api.app import create

Json = dict[str, Any]

_NOWHERE: Final = Settings(database_url="postgresql://nobody@nowhere/none", redis_url="redis://no")
DOCUMENT: Final[Json] = openapi.build(create(_NOWHERE))
_URN: Final = "urn:postroom"


class Operation(NamedTuple):
    """One route with one method. `described`: what the document says of it."""

    method: str
    path: str
    described: Json

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def example(self) -> Json | None:
        """The first example of its body, if it has one."""
        content = self.described.get("requestBody", {}).get("content", {})
        if not content:
            return None
        example: Json = resolved(content["application/json"]["schema"])["examples"][0]
        return example


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, described)
        for path, methods in DOCUMENT["paths"].items()
        for method, described in methods.items()
    ]


def resolved(schema: Json) -> Json:
    """What a `$ref` leads to."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def body_schema(described: Json) -> Json:
    """Of what is sent to an operation or an endpoint."""
    schema: Json = described["requestBody"]["content"]["application/json"]["schema"]
    return schema


def strict_validator(schema: Json) -> Draft202012Validator:
    """Of a schema in the document. Callers are told that more members may come; here they may not:
    what is not documented is an error.
    """
    registry: Registry[Any] = Registry().with_resource(
        _URN, DRAFT202012.create_resource(_closed(DOCUMENT))
    )
    return Draft202012Validator(
        _closed(_absolute(schema)),
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def _absolute(schema: Json) -> Json:
    return {**schema, "$ref": f"{_URN}{schema['$ref']}"} if "$ref" in schema else schema


def _closed(node: Any) -> Any:
    """The same without room for more members in any object that names its own."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    inside = {name: _closed(one) for name, one in node.items()}
    names_its_own = isinstance(node.get("properties"), dict) and node.get("type") == "object"
    return inside | ({"additionalProperties": False} if names_its_own else {})


def complaints(schema: Json, value: Any) -> Iterator[str]:
    """What is wrong with a value, in words."""
    for error in strict_validator(schema).iter_errors(value):
        yield f"{error.json_path}: {error.message}"
