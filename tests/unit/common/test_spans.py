"""Spans as a collector gets them, and a collector that is away."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from common import ids, tracing
from common.spans import Tracer
from services.api.problems import Problem

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"


class Kept(SpanExporter):
    """As `answer` says, and whatever came."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.answer: Callable[[], SpanExportResult] = lambda: SpanExportResult.SUCCESS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        answer = self.answer()
        self.spans += spans
        return answer


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracer]:
    """The one of this process, until the test is over."""
    made = Tracer("test", kept)
    monkeypatch.setattr(tracing._Here, "tracer", made)
    yield made
    made.close()


def ended(tracer: Tracer, kept: Kept) -> dict[str, ReadableSpan]:
    tracer.close()
    return {span.name: span for span in kept.spans}


def ids_in(traceparent: str | None) -> tuple[str, str]:
    _, trace_id, span_id, _ = str(traceparent).split("-")
    return trace_id, span_id


def test_a_span_is_part_of_what_it_is_given_or_of_what_is_around_it(
    tracer: Tracer, kept: Kept
) -> None:
    with tracing.span("send", SAMPLED):
        around = tracing.current()
        with tracing.span("SendEmail", kind="client"):
            inner = tracing.current()
            assert tracing.tags() == [("postroom_trace", inner)]
            assert tracing.headers() == {"traceparent": inner}
        assert tracing.current() == around
    assert tracing.current() is None

    spans = ended(tracer, kept)
    assert {ids_in(around)[0], ids_in(inner)[0]} == {TRACE}
    assert spans["send"].parent is not None
    assert f"{spans['send'].parent.span_id:016x}" == SPAN
    assert spans["SendEmail"].parent is not None
    assert f"{spans['SendEmail'].parent.span_id:016x}" == ids_in(around)[1]


@pytest.mark.parametrize("parent", [None, "", "00-no-no-01", SAMPLED[:-1]])
def test_without_a_parent_there_is_only_what_may_be_a_root(
    tracer: Tracer, kept: Kept, parent: str | None
) -> None:
    with tracing.span("feedback", parent):
        assert tracing.current() is None
    with tracing.span("deliver", parent, root=True):
        assert tracing.current() is not None

    spans = ended(tracer, kept)
    assert [*spans] == ["deliver"]
    assert spans["deliver"].parent is None


def test_what_is_not_sampled_goes_on_so_and_is_not_exported(tracer: Tracer, kept: Kept) -> None:
    with tracing.span("send", UNSAMPLED), tracing.span("SendEmail"):
        tracing.note(attempt=1)
        assert str(tracing.current()).startswith(f"00-{TRACE}-")
        assert str(tracing.current()).endswith("-00")

    assert ended(tracer, kept) == {}


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"traceparent", b"\xff\xfe")],
        [(b"traceparent", SAMPLED.encode()), (b"traceparent", SAMPLED.encode())],
    ],
)
def test_a_request_without_one_valid_traceparent_begins_a_trace(
    tracer: Tracer, kept: Kept, headers: tracing.Headers
) -> None:
    def answer() -> None:
        with tracing.request("POST", headers):
            assert ids_in(tracing.current())[0] != TRACE

    copy_context().run(answer)  # as uvicorn does for each

    assert ended(tracer, kept)["POST"].parent is None


def test_ids_are_told_as_callers_know_them(tracer: Tracer, kept: Kept) -> None:
    message_id = ids.new()

    with tracing.span("send", SAMPLED):
        tracing.note(message_id=message_id, attempt=2, status=429, error="429", delivery_id=None)

    span = ended(tracer, kept)["send"]
    assert dict(span.attributes or {}) == {
        "postroom.message_id": ids.encode(ids.MESSAGE, message_id),
        "postroom.attempt": 2,
        "http.response.status_code": 429,
        "error.type": "429",
    }
    assert span.status.is_ok is False


@pytest.mark.parametrize(
    ("error", "is_fault"),
    [
        (ValueError("jo@example.com"), True),
        (Problem(503, "unavailable", "jo@example.com"), True),
        (Problem(422, "validation_failed", "jo@example.com"), False),
        (KeyboardInterrupt("jo@example.com"), True),
    ],
)
def test_an_exception_is_told_by_its_type_and_never_by_its_words(
    tracer: Tracer, kept: Kept, error: BaseException, is_fault: bool
) -> None:
    with pytest.raises(type(error)), tracing.span("send", SAMPLED):
        raise error

    span = ended(tracer, kept)["send"]
    assert span.status.is_ok is not is_fault
    assert "jo@example.com" not in span.to_json()
    assert not span.events


@pytest.mark.usefixtures("tracer")
def test_lines_logged_meanwhile_carry_the_trace_and_no_others() -> None:
    def bound() -> object:
        return structlog.contextvars.get_contextvars().get("trace_id")

    with ThreadPoolExecutor(1) as thread, tracing.span("send", SAMPLED):
        assert bound() == TRACE
        assert thread.submit(bound).result() is None
    assert bound() is None


def test_a_full_queue_loses_spans_and_holds_nobody_back(tracer: Tracer, kept: Kept) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hang() -> SpanExportResult:
        reached.set()
        go_on.wait()
        return SpanExportResult.SUCCESS

    kept.answer = hang
    for _ in range(6000):
        with tracing.span("send", SAMPLED):
            pass
    assert reached.wait(10)
    go_on.set()

    tracer.close(10)
    assert 512 <= len(kept.spans) <= 512 + 2048


# Its only span ends at once, and a batch goes after 5 s. What is registered first is called last.
def test_a_collector_that_is_away_is_told_of_once(tracer: Tracer, kept: Kept) -> None:
    def export() -> None:
        with tracing.span("send", SAMPLED):
            pass
        tracer._provider.force_flush()

    with capture_logs() as logs:
        kept.answer = lambda: SpanExportResult.FAILURE
        export()
        export()
        kept.answer = lambda: SpanExportResult.SUCCESS
        export()
        export()

    told = [line["event"] for line in logs if line["event"].startswith("tracing.")]
    assert told == ["tracing.failing", "tracing.works_again"]
