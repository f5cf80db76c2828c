"""A sender that is held: it takes nothing, tidies nothing, and says so.

For a copy of the database, restored from a backup: what is queued there may have been sent since.
https://www.postgresql.org/docs/current/continuous-archiving.html
"""

import asyncio
import threading
from typing import Final

from common import logs
from services.sender.account import PAUSED

_SAY_SECONDS: Final = 60.0

log = logs.get(__name__)


async def stand_still(stopping: threading.Event) -> None:
    """Until `stopping` is set."""
    PAUSED.labels("held").set(1)
    is_over = False
    while not is_over:
        log.warning("sends.held", setting="POSTROOM_HOLD_SENDS")
        is_over = await asyncio.to_thread(stopping.wait, _SAY_SECONDS)
