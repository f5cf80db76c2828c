"""The life of a worker process around its room: signals that end it, its door and its metrics."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from common import logs, metrics
from common.queue import Doorbell
from common.settings import Settings

log = logs.get(__name__)

DRAIN_SECONDS: Final = 30
"""How long a stopping worker lets what it has begun come to its end."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it in the main thread, before anything that a
    signal may not cut.

    The handler does nothing: it runs between two steps of the main thread, which may hold the
    very lock that it would need, the logger's or this event's. A thread hears of the signal.
    """
    stopping = threading.Event()
    heard, said = os.pipe()
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        os.read(heard, 1)
        stopping.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stopping


def hear_signals(stopping: threading.Event, wake: Callable[[], None]) -> None:
    """From here on by the running loop: uvloop takes the place of what `stop_on_signals` listens
    to. `wake`: who may be waiting.
    """

    def stop() -> None:
        stopping.set()
        wake()

    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)


@contextmanager
def serving(settings: Settings, doorbell: Doorbell, room: str) -> Iterator[None]:
    """Metrics served and the room's door open, until the work is done."""
    stop_metrics = metrics.serve(settings)
    listener = doorbell.open(room)
    log.info("worker.ready", metrics_port=settings.metrics_port)
    try:
        yield
    finally:
        listener.stop()
        doorbell.close()
        stop_metrics()
        log.info("worker.stopped")
