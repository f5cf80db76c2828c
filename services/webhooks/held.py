"""A webhook worker that is held: it calls nobody, and says so. See `services/sender/held.py`."""

import asyncio
import threading
from typing import Final

from prometheus_client import Gauge

from common import logs

PAUSED = Gauge("postroom_webhooks_paused", "1 while nobody is called, by the reason", ["reason"])
_SAY_SECONDS: Final = 60.0

log = logs.get(__name__)


async def stand_still(stopping: threading.Event) -> None:
    """Until `stopping` is set."""
    PAUSED.labels("held").set(1)
    is_over = False
    while not is_over:
        log.warning("webhooks.held", setting="POSTROOM_HOLD_WEBHOOKS")
        is_over = await asyncio.to_thread(stopping.wait, _SAY_SECONDS)
