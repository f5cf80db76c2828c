"""The OpenAPI document against the running API: it is the one that is served, and asks for keys.

That all answers are in it: `tests/integration/api/test_undocumented.py`.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.customer import customer
from tests.e2e.document import DOCUMENT, Operation, operations
from tests.e2e.estate import Estate, estate_of
from tests.e2e.local import Local


@pytest.fixture(scope="module")
def estate(local: Local) -> Iterator[Estate]:
    with customer(local) as owner, owner.told() as endpoint:
        yield estate_of(owner, endpoint)


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
