"""The last spans of a process, as a collector gets them at its end, or hangs."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from deploy.local.state import ROOT
from tests.collector import Collector, collecting

SCRIPT = """
import atexit, time
atexit.register(lambda: print(time.monotonic() - ended))
from common import process, tracing
from common.settings import Settings
process.begin(Settings(database_url="postgresql://h/d", redis_url="redis://h"), "test")
with tracing.span("last", root=True):
    pass
ended = time.monotonic()
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def run(url: str) -> tuple[float, str]:
    """How many seconds the process took to end, and what it logged."""
    env = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "POSTROOM_LOG_FORMAT": "json"}
    argv = [sys.executable, "-c", SCRIPT]
    answer = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return float(answer.stdout), answer.stderr


def test_the_last_spans_of_a_process_go_out_at_its_end(collector: Collector) -> None:
    _, said = run(collector.url + "/")

    [span] = collector.spans()
    assert (span.service, span.name) == ("postroom-test", "last")
    assert said == ""


def test_a_collector_that_hangs_keeps_no_process_from_its_end(collector: Collector) -> None:
    hung, go_on = threading.Event(), threading.Event()

    def hang() -> int:
        hung.set()
        go_on.wait(30)
        return 503

    collector.answer = hang
    seconds, said = run(collector.url)
    assert hung.is_set()
    go_on.set()

    assert said == ""
    assert 2 <= seconds < 8  # the SDK alone would wait for 10 s
