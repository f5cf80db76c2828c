"""Several feeds of one queue in one process: one reads always, the others while there is a backlog.

Each is to the others what another process would be, with its own set, transaction and checkpoint.
So while one waits for SQS or Postgres, another computes; and an idle queue is polled by one alone.
"""

import threading
from collections.abc import Sequence
from typing import Final

from services.status.feed import Feed

MOST: Final = 3
"""Feeds. A set is two waits for SQS and one for Postgres, and three feeds fill a core meanwhile."""


def run(feeds: Sequence[Feed], stopping: threading.Event) -> None:
    """Until `stopping` is set and all have finished what is in hand."""
    first, *helpers = feeds
    threads = [
        threading.Thread(
            target=one.run, args=(stopping, first.backlog), name=f"feed-{number}", daemon=True
        )
        for number, one in enumerate(helpers, 2)
    ]
    for thread in threads:
        thread.start()
    first.run(stopping)
    for thread in threads:
        thread.join()
