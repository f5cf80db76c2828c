"""A collector of traces on loopback: what OTLP brings it by HTTP, decoded.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True, slots=True)
class Span:
    """Ids in hexadecimal, as a `traceparent` has them; `parent` is empty for a root."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    kind: str
    nanoseconds: tuple[int, int]
    failed: bool
    attributes: dict[str, str]
    events: int


@dataclass(slots=True)
class Collector:
    """`answer` is what each export gets, once it returns."""

    url: str = ""
    answer: Callable[[], int] = lambda: 200
    exports: list[bytes] = field(default_factory=list)

    def spans(self, trace_id: str | None = None) -> list[Span]:
        """All, or those of one trace."""
        found = [span for export in list(self.exports) for span in _decoded(export)]
        return [one for one in found if trace_id in {None, one.trace_id}]


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            status = collector.answer()
            if status == 200:
                collector.exports.append(body)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _decoded(export: bytes) -> Iterator[Span]:
    for of_service in ExportTraceServiceRequest.FromString(export).resource_spans:
        about = {one.key: one.value.string_value for one in of_service.resource.attributes}
        for scope in of_service.scope_spans:
            yield from (_span(about["service.name"], one) for one in scope.spans)


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        nanoseconds=(span.start_time_unix_nano, span.end_time_unix_nano),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes={
            one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes
        },
        events=len(span.events),
    )
