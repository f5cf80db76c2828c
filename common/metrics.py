"""`/metrics` of a worker, and the age of what waits longest.

Counters and histograms are declared beside the code they measure; what is here is shared.
"""

from collections.abc import Callable, Iterator
from typing import Final
from wsgiref.simple_server import WSGIServer

import sqlalchemy as sa
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common import logs
from common.settings import Settings

log = logs.get(__name__)

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Buckets of every histogram of ours: from a commit to a retry."""


class OldestWaiting(Collector):
    """`postroom_queue_oldest_seconds{queue}`: 0 where nothing waits; absent while the database
    does not answer. Asked for at each scrape, so it is true also when the worker hangs.
    """

    def __init__(self, engine: sa.Engine, queue: str, query: str) -> None:
        """`query` gives one number: the age in seconds of the oldest row that could be taken."""
        self._engine = engine
        self._queue = queue
        self._query = sa.text(query)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "postroom_queue_oldest_seconds",
            "Age of the oldest row that waits to be taken",
            labels=["queue"],
        )
        try:
            with self._engine.connect() as connection:
                age = connection.execute(self._query).scalar()
        except sa.exc.SQLAlchemyError as error:
            log.warning("metrics.unanswered", queue=self._queue, error=type(error).__name__)
            return
        family.add_metric([self._queue], max(0.0, float(age or 0)))
        yield family

    def describe(self) -> list[GaugeMetricFamily]:
        """Registration must not need the database."""
        return []


def serve(settings: Settings) -> Callable[[], None]:
    """Serve `/metrics` on the settings' port, if any; the function that ends it."""
    if not settings.metrics_port:
        return lambda: None
    server: WSGIServer
    server, thread = start_http_server(
        settings.metrics_port, addr=settings.metrics_host, registry=REGISTRY
    )

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
