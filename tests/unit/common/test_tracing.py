"""Without a collector there are no traces, and nothing is paid for them."""

import os
import subprocess
import sys

import pytest

from common import tracing
from common.settings import Settings
from deploy.local.state import ROOT

URLS = {"DATABASE_URL": "postgresql://u:p@localhost/d", "REDIS_URL": "redis://localhost"}
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_nothing_is_traced_without_a_collector() -> None:
    settings = Settings(database_url=URLS["DATABASE_URL"], redis_url=URLS["REDIS_URL"])
    tracing.begin(settings, "test")
    headers = [(b"traceparent", TRACEPARENT.encode())]

    with tracing.request("POST", headers), tracing.span("x", TRACEPARENT, root=True) as span:
        tracing.note(attempt=1)

        assert span is None
        assert tracing.current() is None
        assert tracing.tags() == []
        assert tracing.headers() == {}
    assert tracing.span("x") is tracing.span("y")


# As `python -m` begins, and no further than the imports of the doors.
SCRIPT = """
import sys
sys.argv[0] = "-m"
import services.api.__main__, services.inbound.__main__, services.sender.__main__
import services.status.__main__, services.webhooks.__main__
print(*(name for name, module in sys.modules.items() if module))
"""


def test_no_process_imports_the_sdk_without_a_collector() -> None:
    env = {name: value for name, value in os.environ.items() if name[:5] != "OTEL_"}
    argv = [sys.executable, "-c", SCRIPT]
    answer = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603

    imported = answer.stdout.split()
    assert {"redis", "fastapi", "common.tracing"} <= {*imported}
    heavy = ("opentelemetry.sdk.", "opentelemetry.exporter", "google.protobuf", "common.spans")
    assert [one for one in imported if one.startswith(heavy)] == []


@pytest.mark.parametrize("wrong", ["collector:4317", "grpc://collector", "file:///tmp/x"])
def test_what_is_no_address_of_a_collector_stops_the_process(wrong: str) -> None:
    with pytest.raises(ValueError, match="otel_exporter_otlp_endpoint"):
        Settings(
            database_url=URLS["DATABASE_URL"],
            redis_url=URLS["REDIS_URL"],
            otel_exporter_otlp_endpoint=wrong,
        )


def test_an_empty_address_is_none() -> None:
    """As compose and Kubernetes pass a variable on that nobody has set."""
    settings = Settings(
        database_url=URLS["DATABASE_URL"],
        redis_url=URLS["REDIS_URL"],
        otel_exporter_otlp_endpoint="",
    )
    tracing.begin(settings, "test")

    assert tracing.current() is None
