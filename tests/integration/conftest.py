"""Logs as the product writes them: structlog's own way with an exception, all locals in a frame of
lines, takes a second each, and shows what `common.logs` keeps out.
"""

from collections.abc import Iterator

import pytest
import structlog

from common import logs
from tests.service import aws_double


@pytest.fixture(scope="session")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The double of AWS. Each test has queues of its own there, and heals what it broke."""
    with aws_double(tmp_path_factory.mktemp("aws") / "log") as url:
        yield url


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    line = [structlog.processors.add_log_level, logs._without_secrets, logs._without_words]
    structlog.configure(processors=[*line, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()
