"""What Grafana is given, and finds."""

import json

import pytest
import yaml

from deploy.monitoring import dashboards, files
from deploy.monitoring.dashboards.panels import Board, Json

PROVISIONING = files.HERE / "grafana" / "provisioning"


@pytest.mark.parametrize("board", dashboards.BOARDS, ids=lambda board: board.uid)
def test_each_panel_says_what_it_answers_and_has_a_name_of_its_own(board: Board) -> None:
    titles = [panel.title for panel in board.panels]

    assert all(panel.says.endswith(".") for panel in board.panels)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("board", dashboards.ALL, ids=lambda board: board["uid"])
def test_panels_lie_beside_and_below_each_other(board: Json) -> None:
    cells = [
        (x, y)
        for panel in board["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(set(cells)) == len(cells)
    assert {x for x, _ in cells} == set(range(24))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_every_line_of_a_panel_is_drawn() -> None:
    drawn = [
        target["expr"]
        for board in dashboards.ALL
        for panel in board["panels"]
        for target in panel.get("targets", [])
    ]

    assert [one.replace("$__rate_interval", "5m") for one in drawn] == [*dashboards.expressions()]


def test_grafana_finds_them_and_prometheus_where_compose_puts_both() -> None:
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "postroom.yml").read_text())[
        "providers"
    ]
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    grafana = yaml.safe_load((files.ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounted = dict(one.split(":")[:2] for one in grafana["volumes"] if one.startswith("./"))

    assert source["url"] == "http://prometheus:9090"
    assert mounted["./deploy/monitoring/grafana/dashboards"] == provider["options"]["path"]
    for one in ("dashboards", "datasources"):
        ours = f"./deploy/monitoring/grafana/provisioning/{one}"
        assert mounted[ours] == f"/etc/grafana/provisioning/{one}"


def test_they_are_json() -> None:
    assert {json.loads(file.read_text())["uid"] for file in files.GRAFANA.glob("*.json")} == {
        one["uid"] for one in dashboards.ALL
    }
