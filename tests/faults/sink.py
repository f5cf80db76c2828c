"""A customer's endpoints on loopback, which keep what they are sent and answer as each is told to.

Each webhook has a path of its own, `/NAME`. What comes is judged by the library `standardwebhooks`,
not by our own signer's sister.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Heard:
    """One POST. `event_id` is its `webhook-id`."""

    name: str
    event_id: str
    kind: str
    message_id: str | None
    at: float
    verified: bool
    status: int


Answer = Callable[[BaseHTTPRequestHandler], int]
"""Answers one call, and says with which status."""


def answering(status: int, **headers: str) -> Answer:
    """`retry_after="1"` is the header `retry-after: 1`."""

    def answer(call: BaseHTTPRequestHandler) -> int:
        call.send_response(status)
        for name, value in headers.items():
            call.send_header(name.replace("_", "-"), value)
        call.send_header("content-length", "0")
        call.end_headers()
        return status

    return answer


@dataclass(slots=True)
class Sink:
    """`secrets` and `ids`, by name, are known only after the webhooks were created, which needs
    the URL.
    """

    url: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url_of(self, name: str) -> str:
        return f"{self.url}/{name}"

    def taken(self) -> frozenset[tuple[str, str]]:
        """(event id, webhook id) of each call that was verified and answered by a 2xx."""
        return frozenset(
            (one.event_id, self.ids[one.name])
            for one in list(self.heard)
            if one.verified and one.status // 100 == 2
        )

    def unsigned(self) -> list[Heard]:
        """Calls whose signature was not right."""
        return [one for one in list(self.heard) if not one.verified]

    def take(self, call: BaseHTTPRequestHandler) -> None:
        name = call.path.strip("/")
        body = call.rfile.read(int(call.headers["content-length"]))
        verified = self._is_verified(name, body, dict(call.headers.items()))
        told = json.loads(body)
        status = self.answers.get(name, answering(204))(call)
        self.heard.append(
            Heard(
                name,
                call.headers.get("webhook-id", ""),
                told.get("event", told.get("type", "")),
                told.get("messageId"),
                time.time(),
                verified,
                status,
            )
        )

    def _is_verified(self, name: str, body: bytes, headers: dict[str, str]) -> bool:
        lower = {key.lower(): value for key, value in headers.items()}
        try:
            Webhook(self.secrets[name]).verify(body, lower)
        except (WebhookVerificationError, KeyError):
            return False
        return True


class _Server(ThreadingHTTPServer):
    # A worker that has heard nothing for a while calls each endpoint 64 times at once. A SYN that
    # finds no place is sent again after a second, which is all that an attempt has here.
    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A worker that was killed hangs up: no news here."""


@contextmanager
def listening() -> Iterator[Sink]:
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(OSError):
                sink.take(self)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        sink.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.over.set()
            server.shutdown()
            thread.join()
