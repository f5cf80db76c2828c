"""The processes in which mail is parsed: a mail that is a bomb costs its own child only.

A child that takes too long or too much memory is killed and replaced, and its mail is one that
could not be read. One that is found dead, or dies without having met a limit, may have been killed
by somebody else, so its mail is tried once more.

ParserError(RuntimeError)   no child can be started; nothing is said about the mail
"""

from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self

from prometheus_client import Counter, Histogram

from common import logs, metrics
from services.inbound.parsing.mail import Mail
from services.inbound.parsing.overview import glance
from services.inbound.parsing.parse import UNREADABLE
from services.inbound.parsing.worker import EndedError, Reason, Worker

_MOST_MAILS: Final = 500
_MOST_MEMORY: Final = 256 << 20
"""Bytes that a child may have had at its peak and still go on: freed memory comes back in parts."""
_TRIES: Final = 2
_ERRORS: Final[dict[Reason, str]] = {
    "timeout": "Reading the mail took too long.",
    "memory": "Reading the mail took too much memory.",
    "crashed": UNREADABLE,
}

# reason: timeout|memory|crashed|recycled.
ENDED: Final = Counter("postroom_parser_children_ended", "Parsing processes ended", ["reason"])
PARSED: Final = Histogram(
    "postroom_parse_seconds", "From a mail's bytes to its fields", buckets=metrics.SECONDS
)

log = logs.get(__name__)


class ParserError(RuntimeError):
    """Mail cannot be parsed now, whatever is in it."""


class Children:
    """`count` processes, each of which reads one mail at a time within `seconds` by the clock and
    `memory_bytes` of address space. For any number of threads.
    """

    def __init__(self, count: int = 2, seconds: float = 10.0, memory_bytes: int = 1 << 30) -> None:
        self._count = count
        self._start = lambda: Worker(seconds, memory_bytes)
        self._free: SimpleQueue[_Place] = SimpleQueue()

    def __enter__(self) -> Self:
        for _ in range(self._count):
            self._free.put(_Place(self._start))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """After the mails that are being read."""
        for _ in range(self._count):
            self._free.get().worker.close()

    def parse(self, raw: bytes) -> Mail:
        """Waits for a child to be free."""
        place = self._free.get()
        try:
            with PARSED.time():
                return place.parse(raw)
        finally:
            self._free.put(place)


class _Place:
    """Of one child after the other."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self.worker = start()

    def parse(self, raw: bytes) -> Mail:
        reason: Reason = "crashed"
        for _ in range(_TRIES):
            self._make_fit()
            try:
                return self.worker.parse(raw)
            except EndedError as ended:
                reason = ended.reason
                self._count(reason)
                if not self.worker.is_ready:
                    raise ParserError("a parsing process does not start") from ended
            except BaseException:
                self.worker.end()  # it is amid an answer, which nobody will read
                raise
            if reason != "crashed":
                break
        self._make_fit()
        return glance(raw, _ERRORS[reason])

    def _make_fit(self) -> None:
        """A new child in the place of one that is dead, or was there for long enough."""
        worker = self.worker
        alive = worker.is_alive()
        if alive and worker.mails < _MOST_MAILS and worker.peak < _MOST_MEMORY:
            return
        if alive:
            self._count("recycled")
        elif not worker.is_ended:
            self._count("crashed")
        worker.end()
        try:
            self.worker = self._start()
        except OSError as error:
            raise ParserError("a parsing process does not start") from error

    def _count(self, reason: Reason) -> None:
        ENDED.labels(reason).inc()
        if reason != "recycled":
            log.warning("parser.child_ended", reason=reason)
