"""What customers' endpoints can do to webhooks, their own and those of others."""

import gzip
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from tests.faults import ledger, sink, witnesses
from tests.faults.customers import subscribe
from tests.faults.report import Report, at_most, equal
from tests.faults.run import Run, Size, experiment, let_pass
from tests.faults.sink import Sink
from tests.faults.system import System

_SLOW_SECONDS = 0.7
_DRIP_SECONDS = 0.1
_PASSES = 12
_RUDE = ("failing", "throttled", "drips", "redirects", "slow", "floods", "bombs")
_MEGABYTE = bytes(1024 * 1024)
_MEGABYTES = 200
_BOMB = _MEGABYTES * gzip.compress(_MEGABYTE)


def rude_endpoints(system: System, seed: int, size: Size) -> Report:
    """13: 500, 410, 429 with Retry-After, one byte at a time, a redirect inside, slowness, an
    answer of 200 MB and one that would be as much unpacked.

    In the end all are mended but the one that said 410, and the time of the next attempts passes.
    """
    with experiment(system, seed) as run, sink.listening() as canary:
        _be_rude(run, canary)
        run.load.send(size.messages, size.rate, within=300)
        let_pass(min(size.outage, 20))
        patient = _told_within(run)
        run.sink.answers.clear()
        run.sink.answers["gone-1"] = sink.answering(410)
        with witnesses.rows(system.database_url, run.whose) as rows:
            for _ in range(_PASSES):
                rows.let_due()
                let_pass(0.5)
                if not rows.undone():
                    break
        evidence = run.seen(size.quiet)
        bars = [
            equal("canary", len(canary.heard), 0),
            equal("after 410", _calls_after_gone(run), 0),
            at_most("others' p99", patient, size.quiet),
        ]
        return run.report("13 rude endpoints", evidence, bars)


def _be_rude(run: Run, canary: Sink) -> None:
    first = run.customers[:1]
    for name in (*_RUDE, "gone"):
        subscribe(run.system.url, first, run.sink, name)
    run.sink.answers |= {
        "failing-1": sink.answering(500),
        "throttled-1": sink.answering(429, retry_after="1"),
        "gone-1": sink.answering(410),
        "redirects-1": sink.answering(307, location=canary.url_of("inside")),
        "drips-1": lambda call: _drip(run.sink, call),
        "slow-1": lambda call: _slow(run.sink, call),
        "floods-1": _flood,
        "bombs-1": _bomb,
    }


def _drip(where: Sink, call: BaseHTTPRequestHandler) -> int:
    """An answer that never ends, a byte at a time."""
    call.send_response(500)
    call.send_header("content-length", "100000")
    call.end_headers()
    while not where.over.wait(_DRIP_SECONDS):
        call.wfile.write(b".")
    return 500


def _flood(call: BaseHTTPRequestHandler) -> int:
    """As long as anybody reads."""
    call.send_response(500)
    call.send_header("content-length", str(_MEGABYTES * len(_MEGABYTE)))
    call.end_headers()
    with suppress(OSError):
        for _ in range(_MEGABYTES):
            call.wfile.write(_MEGABYTE)
    call.close_connection = True
    return 500


def _bomb(call: BaseHTTPRequestHandler) -> int:
    call.send_response(500)
    call.send_header("content-encoding", "gzip")
    call.send_header("content-length", str(len(_BOMB)))
    call.end_headers()
    with suppress(OSError):
        call.wfile.write(_BOMB)
    return 500


def _slow(where: Sink, call: BaseHTTPRequestHandler) -> int:
    where.over.wait(_SLOW_SECONDS)
    return sink.answering(204)(call)


def _told_within(run: Run) -> float:
    """Seconds from SES's accept to the first word of it at the well endpoints: p99."""
    taken = {accept.message_id: accept.at for accept in run.evidence().accepts}
    first: dict[str, float] = {}
    for one in list(run.sink.heard):
        if one.name.startswith("all-") and one.message_id in taken:
            first.setdefault(one.message_id, one.at - taken[one.message_id])
    return ledger.percentile(sorted(first.values()), 0.99)


def _calls_after_gone(run: Run) -> int:
    """Beside those that were on their way: a second later nobody calls."""
    called = sorted(one.at for one in run.sink.heard if one.name == "gone-1")
    return sum(at > called[0] + 5 for at in called)
