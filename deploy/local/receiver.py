"""A customer's endpoint: takes webhooks, and believes only those whose signature is right.

The signature is judged by the library `standardwebhooks`, not by our own signer's sister.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deploy.local.ports import LOOPBACK

PATH: Final = "/postroom-local-journey"
"""What our own webhooks end in: those of earlier runs are known by it, and removed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    webhook_id: str
    event: str
    message_id: str
    verified: bool


@dataclass(slots=True)
class Receiver:
    host: str = LOOPBACK
    port: int = 0
    secret: str = ""
    """Known only after the webhook was created, which needs the URL."""
    arrivals: SimpleQueue[Arrival] = field(default_factory=SimpleQueue)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{PATH}"

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        """Whether the signature was right."""
        verified = self._is_genuine(body, headers)
        event = _parsed(body)
        webhook_id = headers.get("webhook-id", "")
        arrival = Arrival(webhook_id, event.get("event", "?"), event.get("messageId", ""), verified)
        self.arrivals.put(arrival)
        return verified

    def _is_genuine(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):
            return False
        return True


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


@contextmanager
def listening(host: str = LOOPBACK) -> Iterator[Receiver]:
    """On a free port of `host`, until the end of the block."""
    receiver = Receiver(host)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            genuine = receiver.take(body, headers)
            self.send_response(HTTPStatus.NO_CONTENT if genuine else HTTPStatus.BAD_REQUEST)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet: the journey tells what arrived."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
