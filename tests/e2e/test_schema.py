"""The OpenAPI document against the running API: it promises all that is answered.

schemathesis makes the requests out of the document, right ones and wrong ones. Its own values would
hardly ever get behind the first check, so most ids, keys and recipients are made real here.
"""

import re
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, Response, checks as always
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

from tests.e2e.customer import SIMULATOR, customer
from tests.e2e.document import DOCUMENT, Operation, operations
from tests.e2e.estate import Estate, estate_of
from tests.e2e.local import Local
from tests.impatience import hurry

CHECKS: Final = [
    always.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]

AnyCase = Case[Any]

# The answer to a good request for the stream has no end.
api = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/v1/events/stream")


@pytest.fixture(scope="module")
def estate(local: Local) -> Iterator[Estate]:
    with customer(local) as owner, owner.told() as endpoint:
        yield estate_of(owner, endpoint)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@api.parametrize()
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_is_undocumented(
    case: AnyCase, estate: Estate, session: requests.Session, local: Local
) -> None:
    make_real(case, estate)
    hurry(case)

    answer = case.call(local.url, session=session)

    tidy_up(case, answer, estate)
    wrong = [checks.negative_data_rejection] if has_wrong_body(case) else []
    case.validate_response(answer, checks=[*CHECKS, *wrong])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]


def make_real(case: AnyCase, estate: Estate) -> None:
    """What is well-formed; what schemathesis has made wrong stays wrong."""
    make_ids_real(case.path_parameters, case, estate)
    make_ids_real(case.query, case, estate)
    if str(case.headers.get("authorization")).startswith("Bearer "):
        case.headers["authorization"] = f"Bearer {estate.owner.api_key}"
    if not re.fullmatch(r"[!-~]+", case.headers.get("idempotency-key", "x")):
        del case.headers["idempotency-key"]
    if not has_wrong_body(case):
        make_recipients_real(case.body)


def make_recipients_real(body: object) -> None:
    for name in ("to", "cc", "bcc", "replyTo"):
        if isinstance(body, dict) and isinstance(body.get(name), list):
            body[name] = [f"success+{at}@{SIMULATOR}" for at in range(len(body[name]))]


def make_ids_real(places: MutableMapping[str, Any], case: AnyCase, estate: Estate) -> None:
    """Three of four."""
    for name, value in list(places.items()):
        kind = estate.ids.get(name, "").partition("_")[0]
        if not re.fullmatch(rf"{kind}_[0-7][0-9a-z]{{24}}[0-9a-r]", str(value)):
            continue
        is_ending = case.method == "DELETE"
        places[name] = estate.disposable(name) if is_ending else estate.ids[name]


def has_wrong_body(case: AnyCase) -> bool:
    component = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return component is not None and component.mode.is_negative


def tidy_up(case: AnyCase, answer: Response, estate: Estate) -> None:
    """Nobody is to be called for what this test does."""
    if (case.method, case.path, answer.status_code) == ("POST", "/v1/webhooks", 201):
        estate.owner.call("DELETE", f"/v1/webhooks/{answer.json()['id']}")


def test_the_running_api_serves_the_document(local: Local) -> None:
    served = httpx.get(f"{local.url}/openapi.json", timeout=30, trust_env=False)

    assert served.json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1.")


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_what_needs_a_key_is_refused_without_one(
    local: Local, estate: Estate, operation: Operation
) -> None:
    needs_one = "security" in operation.described
    keys = [{}, {"authorization": "Bearer pr_x"}, {"authorization": "Basic eDp5"}]
    with httpx.Client(base_url=local.url, timeout=30, trust_env=False) as stranger:
        path = operation.path.format(**estate.ids)
        answers = [stranger.request(operation.method, path, headers=key) for key in keys]

    assert [answer.status_code for answer in answers] == [401 if needs_one else 200] * 3
    assert needs_one == operation.path.startswith("/v1/")
