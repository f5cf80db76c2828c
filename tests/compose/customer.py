"""A customer's endpoint that containers can reach, and the client that calls the stack."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deploy.local.receiver import PATH, Receiver


@dataclass(slots=True)
class BridgeReceiver(Receiver):
    """The receiver of local mode, but on the bridge between this machine and the containers."""

    host: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{PATH}"


@contextmanager
def listening(host: str) -> Iterator[BridgeReceiver]:
    """On a free port of `host`, until the end of the block."""
    receiver = BridgeReceiver(host=host)

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
