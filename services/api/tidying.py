"""What pydantic and FastAPI leave in a document that helps no reader of it; pure."""

from typing import Any, Final

import orjson

Document = dict[str, Any]

_SUFFIX: Final = b"Shown"
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")


def drop_fastapis(responses: Document) -> None:
    """FastAPI's own 422, which it adds where a route names none: no answer of ours is like it."""
    if responses.get("422", {}).get("description") == "Validation Error":
        del responses["422"]


def tidied(document: Document) -> Document:
    """The same document with short names, without generated titles and FastAPI's own errors."""
    for name in _FASTAPIS_OWN:
        document["components"]["schemas"].pop(name, None)
    for item in document.get("webhooks", {}).values():
        drop_fastapis(item["post"]["responses"])
    # `InboxShown` is how we tell the document's model from the table; a client's is an `Inbox`.
    renamed: Document = orjson.loads(orjson.dumps(document).replace(_SUFFIX + b'"', b'"'))
    for part in ("paths", "webhooks", "components"):
        _clean(renamed.get(part, {}))
    return renamed


def _clean(node: Any) -> None:
    """Generated titles ("Organizationid") away, and `null` from what is simply left out."""
    if isinstance(node, list):
        for one in node:
            _clean(one)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    for parameter in node.get("parameters", ()):
        parameter["schema"] = _never_null(parameter["schema"])
    for name, value in node.items():
        if name not in {"example", "examples", "default"}:
            _clean(value)


def _never_null(schema: Document) -> Document:
    """A parameter is there or not; its text `null` would be a text."""
    real: list[Document] = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(real) != 1:
        return schema
    return {name: value for name, value in schema.items() if name != "anyOf"} | real[0]
