"""Grafana dashboards as code: `python -m deploy.monitoring write` makes their JSON."""

from collections.abc import Iterator
from typing import Final

from deploy.monitoring.dashboards import failures, feedback, machinery, mail, webhooks
from deploy.monitoring.dashboards.panels import Json, dashboard

BOARDS: Final = (mail.BOARD, failures.BOARD, feedback.BOARD, webhooks.BOARD, machinery.BOARD)
ALL: Final[tuple[Json, ...]] = tuple(map(dashboard, BOARDS))


def expressions() -> Iterator[str]:
    """Of all panels, as Prometheus would be asked: Grafana's own variable has a value."""
    for board in BOARDS:
        for panel in board.panels:
            for line in panel.lines:
                yield line.expr.replace("$__rate_interval", "5m")
