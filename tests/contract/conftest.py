"""The official libraries; Node starts once for all tests of a worker."""

from collections.abc import Iterator

import pytest

from tests.contract.libraries import JavaScript, Library, Python
from tests.contract.node import running


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScript]:
    with running("verify.mjs", tmp_path_factory.mktemp("node")) as node:
        yield JavaScript(node)


@pytest.fixture(params=["python", "javascript"])
def library(request: pytest.FixtureRequest) -> Library:
    """Each in turn: what a test says of one must be true of both."""
    if request.param == "python":
        return Python()
    found: JavaScript = request.getfixturevalue("javascript")
    return found
