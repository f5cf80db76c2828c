"""Processes that parse, for the tests of a file."""

from collections.abc import Iterator

import pytest

from services.inbound.parsing.children import Children

PATIENCE = 100.0
"""Seconds by the clock: tests share a machine, so what is judged is CPU time."""


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(seconds=PATIENCE) as running:
        yield running
