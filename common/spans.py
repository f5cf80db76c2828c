"""Spans by OpenTelemetry, for a collector that may be away: spans are lost then, and nobody waits.

The provider is our own, not the global one: what libraries would tell by that one (FastAPI, redis)
has paths and the words of exceptions in it.
"""

import atexit
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final
from uuid import UUID

import structlog
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from prometheus_client import Counter

from common import ids, logs, traceparent
from common.traceparent import Parent
from common.tracing import Kind, Value

SPANS = Counter("postroom_spans_total", "Spans by what became of them", ["outcome"])  # sent|lost

LAST_SECONDS: Final = 2.0
"""For the last spans of a process to go out; then it ends without them."""

_KINDS: Final[dict[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
}
# As OpenTelemetry calls them; what is not here is ours: https://opentelemetry.io/docs/specs/semconv
_NAMES: Final = {"status": "http.response.status_code", "error": "error.type"}
_PREFIXES: Final = {
    "message_id": ids.MESSAGE,
    "organization_id": ids.ORGANIZATION,
    "event_id": ids.EVENT,
    "delivery_id": ids.DELIVERY,
    "webhook_id": ids.WEBHOOK,
}

_FAULT: Final = HTTPStatus.INTERNAL_SERVER_ERROR

log = logs.get(__name__)


class Told(SpanExporter):
    """Another exporter's work, and one line in the log where that begins or ends to fail."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """A batch; what could not be sent is lost."""
        result = self._exporter.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        SPANS.labels("lost" if fails else "sent").inc(len(spans))
        if fails != self._fails:
            log.warning("tracing.failing" if fails else "tracing.works_again")
        self._fails = fails
        return result

    def shutdown(self) -> None:
        """After the last batch."""
        self._exporter.shutdown()


class Tracer:
    """Spans of one process (`common.tracing.Tracer`). Up to 2,048 wait to be sent (OTEL_BSP_*)."""

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        resource = Resource.create({"service.name": f"postroom-{service}"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(Told(exporter)))
        self._tracer = self._provider.get_tracer("postroom")
        self._ending, self._ended = threading.Event(), threading.Event()
        # Now, as no thread can begin when the process ends, and the SDK's own end takes up to 30 s.
        threading.Thread(target=self._end, name="tracing", daemon=True).start()

    @contextmanager
    def span(
        self, name: str, parent: str | None, kind: Kind, root: bool, began: int | None
    ) -> Iterator[None]:
        """See `tracing.span`."""
        around = _around(traceparent.read(parent))
        if around is None and not root:
            yield
            return
        # An empty context, not None: that would be the current one.
        around = around or Context()
        span = self._tracer.start_span(name, around, _KINDS[kind], start_time=began)
        token = context.attach(trace.set_span_in_context(span, around))
        lines = structlog.contextvars.bind_contextvars(trace_id=_trace_id(span))
        try:
            yield
        except BaseException as error:
            _blame(span, error)
            raise
        finally:
            if kind != "server":
                structlog.contextvars.reset_contextvars(**lines)
            context.detach(token)
            span.end()

    def note(self, known: dict[str, Value]) -> None:
        """See `tracing.note`."""
        span = trace.get_current_span()
        for name, value in known.items():
            if value is not None:
                span.set_attribute(_NAMES.get(name, f"postroom.{name}"), _shown(name, value))
        if known.get("error"):
            span.set_status(trace.StatusCode.ERROR)

    def current(self) -> str | None:
        """See `tracing.current`."""
        span = trace.get_current_span().get_span_context()
        if not span.is_valid:
            return None
        return traceparent.write(Parent(span.trace_id, span.span_id, span.trace_flags.sampled))

    def close(self, seconds: float = LAST_SECONDS) -> None:
        """Send what waits, in this time at most."""
        self._ending.set()
        self._ended.wait(seconds)

    def _end(self) -> None:
        self._ending.wait()
        self._provider.shutdown()
        self._ended.set()


def tracer(endpoint: str, service: str) -> Tracer:
    """Of this process, to its end. Whatever else OpenTelemetry's OTEL_ variables say is heard."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # `Told` tells
    made = Tracer(service, OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces"))
    atexit.register(made.close)
    return made


def _around(parent: Parent | None) -> Context | None:
    if parent is None:
        here = context.get_current()
        return here if trace.get_current_span(here).get_span_context().is_valid else None
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    known = SpanContext(parent.trace_id, parent.span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(known), Context())


def _trace_id(span: Span) -> str:
    return trace.format_trace_id(span.get_span_context().trace_id)


def _shown(name: str, value: UUID | str | int) -> str | int:
    return ids.encode(_PREFIXES[name], value) if isinstance(value, UUID) else value


def _blame(span: Span, error: BaseException) -> None:
    """Its type: its words may be somebody's mail. A refusal of the API is no fault of the API."""
    if getattr(error, "status", _FAULT) < _FAULT:
        return
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(trace.StatusCode.ERROR)
