"""Which tests stay together when xdist's workers share them, and which begin first.

A file is one piece, so that what its tests share is made once; all tests that share one running
Postroom are one. What takes longest begins first: nobody is left alone with it at the end.

Not by the mark `xdist_group`: pytest-xdist 3.8 writes the group into an attribute that pytest 9.2
no longer reads, and spreads the group over all workers without a word.
"""

from typing import Any, Final

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_SHARED: Final = ("tests/e2e/", "tests/faults/")
"""Whose tests share one running Postroom."""
_FIRST: Final = (
    *_SHARED,
    "tests/integration/test_",
    "tests/integration/common/migrations/",
    "tests/integration/deploy/",
    "tests/integration/",
    "tests/contract/",
)
"""In this order; all others come after them."""


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Pieces of equal rank go by the number of their tests, as xdist has it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in _SHARED if file.startswith(folder)), file)

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=_rank), last=False)
        super()._assign_work_unit(node)


def _rank(piece: str) -> int:
    ranks = (rank for rank, start in enumerate(_FIRST) if piece.startswith(start))
    return next(ranks, len(_FIRST))
