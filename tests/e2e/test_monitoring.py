"""What dashboards and rules ask of Prometheus is what the running system exports."""

import re
from collections.abc import Iterator

import pytest

from deploy.monitoring import dashboards, files
from tests.e2e.local import Local
from tests.e2e.processes import SERVICES, metrics_text

TYPE = re.compile(r"# TYPE (\w+) (\w+)")
# A name, and the labels that are chosen of it, if any. What rules record has colons in it.
SELECTED = re.compile(r"\b((?:postroom|process)_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)=~?"')
PROMETHEUS_S_OWN = {"job", "instance"}
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": (), "gauge": ()}


def asked() -> Iterator[str]:
    yield from dashboards.expressions()
    for group in files.groups():
        for rule in group["rules"]:
            yield rule["expr"]


@pytest.fixture(scope="module")
def exported(local: Local) -> str:
    """By all processes together."""
    return "\n".join(metrics_text(local, service) for service in SERVICES)


def test_every_name_is_exported(exported: str) -> None:
    families = TYPE.findall(exported)
    names = {name + part for name, kind in families for part in ("", *PARTS[kind])}
    recorded = {rule.get("record") for group in files.groups() for rule in group["rules"]}

    wanted = {name for one in asked() for name, _ in SELECTED.findall(one)}
    of_rules = {name for one in asked() for name in re.findall(r"\bpostroom:\w+(?::\w+)*", one)}

    assert len(wanted) > 40
    assert wanted - names == set()
    assert of_rules - recorded == set()


def test_every_label_that_is_chosen_is_one_of_the_metric_s(exported: str) -> None:
    """Those that have no value yet are known by the others of their family."""
    have: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)\{([^}]*)\} ", exported, re.MULTILINE):
        have.setdefault(name, set(PROMETHEUS_S_OWN)).update(LABEL.findall(labels))

    wrong = {
        (name, label)
        for one in asked()
        for name, labels in SELECTED.findall(one)
        for label in LABEL.findall(labels)
        if name in have and label not in have[name]
    }

    assert wrong == set()
