"""The files of deploy/monitoring: what is written by hand, and what is made from it.

`made` is what must be committed as it is: `python -m deploy.monitoring write` writes it.
"""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.monitoring import dashboards, levels

ROOT: Final = Path(__file__).parents[2]
HERE: Final = ROOT / "deploy" / "monitoring"
RULES: Final = HERE / "rules"
TESTS: Final = HERE / "tests"
LEVELS: Final = RULES / "levels.yml"
GRAFANA: Final = HERE / "grafana" / "dashboards"
CLUSTER: Final = ROOT / "deploy" / "k8s" / "overlays" / "production" / "prometheusrules.yaml"
_MADE: Final = "# Made by `python -m deploy.monitoring write`; change what it is made of.\n"


def groups() -> list[dict[str, Any]]:
    """Of all rule files, in the order of their names, as they are committed."""
    found: list[dict[str, Any]] = []
    for file in sorted(RULES.glob("*.yml")):
        found += yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    return found


def tests() -> dict[str, dict[str, Any]]:
    """The files of tests, by their names."""
    return {
        file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in TESTS.glob("*.yml")
    }


def made() -> dict[Path, str]:
    """By their paths."""
    boards = {
        GRAFANA / f"{one['uid']}.json": json.dumps(one, indent=2) + "\n" for one in dashboards.ALL
    }
    return {LEVELS: _yaml({"groups": levels.groups()}), CLUSTER: _cluster()} | boards


def _cluster() -> str:
    """The same rules for the Prometheus operator, https://prometheus-operator.dev."""
    by_hand = [one for one in groups() if not one["name"].startswith("postroom-level-")]
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "postroom"},
            "spec": {"groups": by_hand + levels.groups()},
        }
    )


class _Dumper(yaml.SafeDumper):
    """Without anchors: what Kubernetes makes of a file is to be seen in it."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - pyyaml's signature
        return True


def _yaml(value: dict[str, Any]) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return _MADE + text


def write() -> None:
    """All that is made, and nothing else among the dashboards."""
    found = made()
    GRAFANA.mkdir(parents=True, exist_ok=True)
    for old in set(GRAFANA.glob("*.json")) - found.keys():
        old.unlink()
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
