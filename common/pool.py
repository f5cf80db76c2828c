"""The pools of connections, which tell when somebody had to wait for one."""

import time

from prometheus_client import Histogram
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, QueuePool

from common.metrics import SECONDS

WAITS = Histogram(
    "postroom_db_pool_wait_seconds",
    "Waits for a connection of the pool, of those who found none free",
    buckets=SECONDS,
)


class CountedPool(QueuePool):
    """For threads."""

    def _do_get(self) -> ConnectionPoolEntry:
        if self.checkedout() < self.size():
            return super()._do_get()
        began = time.perf_counter()
        try:
            return super()._do_get()
        finally:
            WAITS.observe(time.perf_counter() - began)


class AsyncCountedPool(CountedPool, AsyncAdaptedQueuePool):
    """For an event loop."""
