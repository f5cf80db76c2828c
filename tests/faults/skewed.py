"""`python -m tests.faults.skewed SECONDS services.X`: the service, on a machine whose clock is so
many seconds ahead of the others' (or behind).

The clock of the wall alone: `time.monotonic` is nobody's to set.
"""

import importlib
import sys
import time
from datetime import datetime, timedelta

from common import clock


def skew(seconds: float) -> None:
    """From now on."""
    present, unix, nanoseconds = clock.now, time.time, time.time_ns

    def now() -> datetime:
        return present() + timedelta(seconds=seconds)

    vars(clock)["now"] = now
    vars(time)["time"] = lambda: unix() + seconds
    vars(time)["time_ns"] = lambda: nanoseconds() + int(seconds * 1e9)


if __name__ == "__main__":
    _, offset, service = sys.argv
    skew(float(offset))
    importlib.import_module(f"{service}.__main__").main()
