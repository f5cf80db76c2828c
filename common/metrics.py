"""`/metrics` of a worker, and the age of what waits longest.

Counters and histograms are declared beside the code they measure; what is here is shared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from wsgiref.simple_server import WSGIServer

import sqlalchemy as sa
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common import logs
from common.settings import Settings

log = logs.get(__name__)

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300)
"""Buckets of every histogram of ours: from a commit to a retry. The lines of the service levels
(0.3, 2 and 5 s; docs/monitoring.md) are among them.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A gauge whose values the database knows. `query` gives a row for each of them: the labels,
    in their order, then the number.
    """

    name: str
    documentation: str
    labels: tuple[str, ...]
    query: str
    spell: Callable[[Any], str] = str
    """How a label's value is written."""


class Asked(Collector):
    """Gauges that are asked for at each scrape, so they are true also when the worker hangs;
    absent while the database does not answer. What the answer has not got any more is gone. One
    for a process: the first question without an answer is the last, as a scrape must end in time.
    """

    def __init__(self, engine: sa.Engine, *questions: Question) -> None:
        self._engine = engine
        self._questions = questions

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for one in self._questions:
            family = GaugeMetricFamily(one.name, one.documentation, labels=one.labels)
            try:
                with self._engine.connect() as connection:
                    rows = connection.execute(sa.text(one.query)).all()
            except sa.exc.SQLAlchemyError as error:
                log.warning("metrics.unanswered", metric=one.name, error=type(error).__name__)
                return
            for *labels, value in rows:
                family.add_metric([*map(one.spell, labels)], max(0.0, float(value or 0)))
            yield family

    def describe(self) -> list[GaugeMetricFamily]:
        """Registration must not need the database."""
        return []


def oldest_waiting(queue: str, query: str) -> Question:
    """`postroom_queue_oldest_seconds{queue}`: 0 where nothing waits. `query` gives one number: the
    age in seconds of the oldest row that could be taken.
    """
    words = "Age of the oldest row that waits to be taken"
    labelled = f"SELECT '{queue}', ({query})"
    return Question("postroom_queue_oldest_seconds", words, ("queue",), labelled)


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
