"""What a dashboard is made of, and the JSON that Grafana takes of it.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Literal

Json = dict[str, Any]
Unit = Literal["short", "s", "percentunit", "reqps", "ops", "bool"]
_WIDTH: Final = 24
_HEIGHT: Final = 8
_SOURCE: Final = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Line:
    """An expression, and how its results are called: `{{label}}` is a label's value."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """`says`: what it answers, and what is normal. `line`: drawn in red, above which it is bad."""

    title: str
    says: str
    lines: tuple[Line, ...]
    unit: Unit = "short"
    line: float | None = None
    kind: Literal["timeseries", "stat", "table"] = "timeseries"


@dataclass(frozen=True, slots=True)
class Board:
    """Each row is a question and the panels that answer it."""

    uid: str
    title: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]

    @property
    def panels(self) -> Iterator[Panel]:
        """All of them."""
        for _, panels in self.rows:
            yield from panels


def quantile(share: float, metric: str, labels: str = "") -> str:
    """Of a histogram, over the interval that the dashboard shows."""
    rate = f"rate({metric}_bucket{{{labels}}}[$__rate_interval])"
    return f"histogram_quantile({share}, sum by (le) ({rate}))"


def quantiles(metric: str, labels: str = "") -> tuple[Line, ...]:
    """The median, and what one of a hundred is above."""
    return Line(quantile(0.5, metric, labels), "p50"), Line(quantile(0.99, metric, labels), "p99")


def by(label: str, metric: str) -> Line:
    """How often a second, by a label."""
    return Line(f"sum by ({label}) (rate({metric}[$__rate_interval]))", f"{{{{{label}}}}}")


def dashboard(board: Board) -> Json:
    """The JSON model."""
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["postroom"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_placed(board)),
    }


def _placed(board: Board) -> Iterator[Json]:
    numbers = count(1)
    top = 0
    for question, panels in board.rows:
        yield {
            "id": next(numbers),
            "type": "row",
            "title": question,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
        }
        width = _WIDTH // len(panels)
        for place, panel in enumerate(panels):
            position = {"x": place * width, "y": top + 1, "w": width, "h": _HEIGHT}
            yield {"id": next(numbers), "gridPos": position, **_panel(panel)}
        top += 1 + _HEIGHT


def _panel(panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.line is not None:
        steps.append({"color": "red", "value": panel.line})
    defaults: Json = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind == "timeseries":
        shown = "off" if panel.line is None else "line"
        defaults["custom"] = {"fillOpacity": 10, "thresholdsStyle": {"mode": shown}}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [_target(panel, *one) for one in zip("ABCDEFGH", panel.lines, strict=False)],
    }


def _target(panel: Panel, name: str, line: Line) -> Json:
    target: Json = {
        "refId": name,
        "datasource": _SOURCE,
        "expr": line.expr,
        "legendFormat": line.legend,
    }
    if panel.kind == "table":
        target |= {"format": "table", "instant": True}
    return target
