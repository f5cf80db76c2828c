"""One system for all short experiments: `tests/scheduling.py` gives them one worker."""

from collections.abc import Iterator

import pytest

from tests.faults import system as systems
from tests.faults.system import System


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    with systems.system(systems.SHORT) as running:
        yield running
