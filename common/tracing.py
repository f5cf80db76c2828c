"""Traces: one for each message, from the request that sends it to the webhooks that tell of it.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Then each function here is one comparison, and
OpenTelemetry's SDK is not even imported (`common.spans` is the one who does).

From process to process a trace goes as a `traceparent`: in the row of its message, in a tag of its
mail at SES, in a header of its webhooks. What a span tells are ids and words of ours, never an
address, a subject or a body.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Literal, Protocol
from uuid import UUID

from common.settings import Settings

TAG: Final = "postroom_trace"
"""The tag of a mail at SES whose value is a `traceparent`."""

Kind = Literal["internal", "server", "client"]
Value = UUID | str | int | None
Headers = list[tuple[bytes, bytes]]


class Tracer(Protocol):
    """What makes spans in this process."""

    def span(
        self, name: str, parent: str | None, kind: Kind, root: bool, began: int | None
    ) -> AbstractContextManager[None]:
        """See `span`."""
        ...

    def note(self, known: dict[str, Value]) -> None:
        """See `note`."""
        ...

    def current(self) -> str | None:
        """See `current`."""
        ...


class _Here:
    tracer: Tracer | None = None


_NOTHING: Final = nullcontext()


def begin(settings: Settings, service: str) -> None:
    """Once, at the start of a process; its last spans go out at its end."""
    if settings.otel_exporter_otlp_endpoint:
        from common import spans  # noqa: PLC0415 - 11 MB of a process, for those who want it

        _Here.tracer = spans.tracer(settings.otel_exporter_otlp_endpoint, service)


def span(
    name: str,
    parent: str | None = None,
    *,
    kind: Kind = "internal",
    root: bool = False,
    began: int | None = None,
) -> AbstractContextManager[None]:
    """A piece of work, as a part of its `parent` (a `traceparent`), else of the span around it;
    with neither there is no span, unless this is to be the `root` of a trace. Lines that are logged
    meanwhile carry its `trace_id`. `began`: nanoseconds since 1970, where that was before now.
    """
    tracer = _Here.tracer
    return _NOTHING if tracer is None else tracer.span(name, parent, kind, root, began)


def request(name: str, headers: Headers) -> AbstractContextManager[None]:
    """The answer to a request, as a part of its caller's trace if it has one. All lines of its task
    carry the `trace_id`, also those after it.
    """
    tracer = _Here.tracer
    if tracer is None:
        return _NOTHING
    given = [value.decode("latin-1") for key, value in headers if key == b"traceparent"]
    parent = given[0] if len(given) == 1 else None
    return tracer.span(name, parent, "server", root=True, began=None)


def note(**known: Value) -> None:
    """What is known of the current span by now: ids by their names, `outcome`, `attempt`, `status`
    (HTTP), and `error`, by which it has failed.
    """
    tracer = _Here.tracer
    if tracer is not None:
        tracer.note(known)


def current() -> str | None:
    """The `traceparent` of the current span."""
    tracer = _Here.tracer
    return None if tracer is None else tracer.current()


def tags() -> list[tuple[str, str]]:
    """For a mail at SES, which is a part of the current span."""
    trace = current()
    return [(TAG, trace)] if trace else []


def headers() -> dict[str, str]:
    """For a call, which is a part of the current span."""
    trace = current()
    return {"traceparent": trace} if trace else {}
