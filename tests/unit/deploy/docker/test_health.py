"""The healthcheck of the image: what it asks, and what it takes for well."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.docker import health
from deploy.docker.health import UnhealthyError

AGE = b'# TYPE\npostroom_queue_oldest_seconds{queue="sender"} 0.0\n'


def command(*words: str) -> bytes:
    return "\0".join([*words, ""]).encode()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The port of a server that answers all with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("python", "-m", "services.api"), "http://127.0.0.1:8000/readyz"),
        (("docker-init", "--", "python", "-m", "services.sender"), "http://127.0.0.1:9000/metrics"),
        (("python", "-m", "deploy.local.aws", "--port", "4566"), "http://127.0.0.1:4566/health"),
    ],
)
def test_process_1_says_what_is_asked(words: tuple[str, ...], expected: str) -> None:
    line = command(*words)

    assert health.url(health.module(line), line, {}) == expected


def test_a_container_that_runs_something_else_is_not_well() -> None:
    with pytest.raises(UnhealthyError):
        health.check(command("sleep", "60"), {})


def test_a_worker_that_tells_the_age_of_its_queue_is_well() -> None:
    with answering(200, AGE) as port:
        health.check(command("python", "-m", "services.sender"), {"POSTROOM_METRICS_PORT": port})


def test_a_worker_whose_database_does_not_answer_is_not_well() -> None:
    with answering(200, b"up 1\n") as port, pytest.raises(UnhealthyError, match="database"):
        health.check(command("python", "-m", "services.sender"), {"POSTROOM_METRICS_PORT": port})


def test_inbound_has_no_such_age_to_tell() -> None:
    with answering(200, b"up 1\n") as port:
        health.check(command("python", "-m", "services.inbound"), {"POSTROOM_METRICS_PORT": port})


def test_an_api_that_is_not_ready_is_not_well() -> None:
    with answering(503, b"{}") as port, pytest.raises(UnhealthyError, match="503"):
        health.check(command("python", "-m", "services.api"), {"POSTROOM_PORT": port})


def test_nobody_there_is_not_well() -> None:
    with pytest.raises(UnhealthyError, match="api"):
        health.check(command("python", "-m", "services.api"), {"POSTROOM_PORT": "1"})
