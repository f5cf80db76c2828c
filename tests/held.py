"""How much memory a call takes."""

import tracemalloc
from collections.abc import Callable


def peak(call: Callable[[], object]) -> int:
    """Bytes that Python adds to what it holds already, at their most."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
