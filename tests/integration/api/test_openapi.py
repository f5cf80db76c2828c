"""The document: that it is true, and that nothing is answered which it does not have."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from common import events
from common.settings import Settings
from services.api.app import create
from services.api.openapi import build

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    """What is served, as the first test shows: it takes half a second to be made."""
    return build(create(Settings(database_url="postgresql://nowhere", redis_url="redis://nowhere")))


def operations(document: Document) -> list[tuple[str, Document]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def validator(document: Document, schema: Document) -> Draft202012Validator:
    return Draft202012Validator(schema | {"components": document["components"]})


def test_it_is_served_and_is_openapi_3_1(document: Document, url: str) -> None:
    assert httpx.get(f"{url}/openapi.json", timeout=30).json() == document
    assert document["openapi"].startswith("3.1.")


def test_operations_have_names_of_their_own(document: Document) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    names += [hook["post"]["operationId"] for hook in document["webhooks"].values()]

    assert len(set(names)) == len(names)


def test_every_error_is_documented_as_a_problem(document: Document) -> None:
    for name, operation in operations(document):
        problems = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert problems, name
        for status, response in problems.items():
            assert list(response["content"]) == ["application/problem+json"], (name, status)


def test_every_route_of_v1_wants_a_key(document: Document) -> None:
    for name, operation in operations(document):
        wants = name.split()[1].startswith("/v1/")
        assert ("security" in operation, "401" in operation["responses"]) == (wants, wants), name


def test_without_a_key_every_route_of_v1_is_a_401(document: Document, url: str) -> None:
    wanting = [name for name, operation in operations(document) if "security" in operation]
    for name in wanting:
        method, path = name.split()
        answer = httpx.request(method, url + path.replace("{", "").replace("}", ""))

        assert (name, answer.status_code) == (name, 401)


def test_every_event_type_has_a_schema(document: Document) -> None:
    assert set(document["webhooks"]) == {*events.DESCRIPTIONS, events.TEST}
    for kind, hook in document["webhooks"].items():
        schema = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert named["properties"]["event"]["const"] == kind


def test_the_examples_are_true(document: Document) -> None:
    wrong = [
        f"{name}: {error.message}"
        for name, schema in document["components"]["schemas"].items()
        for example in schema.get("examples", [])
        for error in validator(document, schema).iter_errors(example)
    ]

    assert wrong == []


def test_what_is_sent_and_answered_has_an_example(document: Document) -> None:
    used = {name for _, operation in operations(document) for name in schemas_of(operation)}
    used |= {name for hook in document["webhooks"].values() for name in schemas_of(hook["post"])}

    without = {name for name in used if not document["components"]["schemas"][name].get("examples")}
    assert without == set()


def schemas_of(operation: Document) -> set[str]:
    """The schemas that a request or an answer is, alone or as a list."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    told = [content for body in bodies for content in body.get("content", {}).values()]
    found = [one["schema"].get("items", one["schema"]).get("$ref", "") for one in told]
    return {reference.rpartition("/")[2] for reference in found if reference}


def test_what_is_sent_to_webhooks_passes_its_schema(
    document: Document, client: httpx.Client
) -> None:
    inbox = client.post("/v1/inboxes", json={"name": "a"}).json()
    client.patch(f"/v1/inboxes/{inbox['id']}", json={"name": None})
    client.delete(f"/v1/inboxes/{inbox['id']}")
    hook = {"url": "https://example.com/", "events": ["message.sent"]}
    client.post(f"/v1/webhooks/{client.post('/v1/webhooks', json=hook).json()['id']}/test")

    told = client.get("/v1/events").json()

    assert len(told) == 4
    for event in told:
        content = document["webhooks"][event["event"]]["post"]["requestBody"]["content"]
        validator(document, content["application/json"]["schema"]).validate(event)
