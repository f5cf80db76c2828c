"""A customer's endpoint on loopback: keeps what it is sent, as it came over the wire.

What it got is judged by the library `standardwebhooks`, not by our own signer's sister.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One POST."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Json:
        event: Json = json.loads(self.body)
        return event


@dataclass(slots=True)
class Endpoint:
    """`secret` is known only after the webhook was created, which needs the URL."""

    url: str
    secret: str = ""
    answers: HTTPStatus = HTTPStatus.NO_CONTENT
    calls: list[Call] = field(default_factory=list)

    def events(self, message_id: str | None = None) -> list[Json]:
        """All that it was told, or all about one message; each verified, or this raises."""
        told = [self.verified(call) for call in list(self.calls)]
        return [one for one in told if message_id in {None, one.get("messageId")}]

    def kinds(self, message_id: str | None = None) -> set[str]:
        return {event["event"] for event in self.events(message_id)}

    def verified(self, call: Call) -> Json:
        """The event, if its signature is right; else WebhookVerificationError."""
        event: Json = Webhook(self.secret).verify(call.body, call.headers)
        return event


@contextmanager
def listening(answers: HTTPStatus = HTTPStatus.NO_CONTENT) -> Iterator[Endpoint]:
    """It gives every call the same answer."""
    endpoint = Endpoint(url="", answers=answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.calls.append(Call(headers, body))
            self.send_response(endpoint.answers)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/hooks"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
