"""How much memory each process of the product takes at its peak, its children's too."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.bench.measure import forget_peak, peak_bytes, rss_bytes
from tests.bench.soak_ground import Site, children_of

_POLL_SECONDS: Final = 0.02
_GONE: Final = (OSError, ValueError)  # between a look for it and a look at it


class Watch:
    """Bytes above what each process held at rest, once: what is not given back counts, too."""

    def __init__(self, site: Site) -> None:
        self._parents = site.pids
        self._rests = {pid: rss_bytes(pid) for pid in self._pids()}
        self._child_rest = min(
            self._rests[child] for pid in self._parents.values() for child in children_of(pid)
        )
        self._peaks: dict[int, int] = {}
        self._parent_of: dict[int, str] = {}

    def above_rest(self, name: str) -> int:
        """Of the process itself."""
        pid = self._parents[name]
        return self._peaks[pid] - self._rests[pid]

    def children_above_rest(self, name: str) -> list[int]:
        """Of each child that it had meanwhile. One that was not there before rests like others."""
        return [
            self._peaks[pid] - self._rests.get(pid, self._child_rest)
            for pid, parent in self._parent_of.items()
            if parent == name
        ]

    def during(self, call: Callable[[], None]) -> None:
        """What the above tell from now on is of this call alone."""
        self._peaks.clear()
        self._parent_of.clear()
        for pid in self._pids():
            forget_peak(pid)
        with self._looking():
            call()

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """All the time, as a child whose peak was high is replaced by a new one."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(_POLL_SECONDS):
                self._look()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
            self._look()
        finally:
            over.set()
            thread.join()

    def _look(self) -> None:
        for name, parent in self._parents.items():
            children = children_of(parent)
            self._parent_of |= dict.fromkeys(children, name)
            for pid in (parent, *children):
                with suppress(*_GONE):
                    self._peaks[pid] = max(self._peaks.get(pid, 0), peak_bytes(pid))

    def _pids(self) -> list[int]:
        parents = self._parents.values()
        return [*parents, *(child for pid in parents for child in children_of(pid))]
