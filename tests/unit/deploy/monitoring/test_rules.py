"""What `make check` says of rules that promtool would take."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring import files, runbooks, tested
from deploy.monitoring.__main__ import stale

ALERT = {
    "alert": "Late",
    "expr": "up == 0",
    "labels": {"severity": "page"},
    "annotations": {"summary": "It is late", "runbook_url": "docs/runbooks/Late.md"},
}
PAGE = "# Late\n\n## What it means\n\n## How to look\n\n## What to do\n"
FIRES = {
    "expr": "sum by (alertname, severity) (ALERTS)",
    "exp_samples": [{"labels": '{alertname="Late",severity="page"}', "value": 1}],
}
QUIET = {"expr": "sum(ALERTS)", "exp_samples": []}


def wrong(folder: Path, alert: dict[str, Any], **pages: str) -> list[str]:
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text)
    return list(runbooks.wrong([{"rules": [alert]}], folder))


def untested(*expectations: dict[str, Any]) -> list[str]:
    tests = {"x.yml": {"tests": [{"promql_expr_test": list(expectations)}]}}
    return list(tested.untested([{"rules": [ALERT]}], tests))


def test_an_alert_with_its_page_is_fine(tmp_path: Path) -> None:
    assert wrong(tmp_path, ALERT, Late=PAGE) == []


@pytest.mark.parametrize(
    ("change", "pages", "sentence"),
    [
        ({}, {}, "Late: no docs/runbooks/Late.md"),
        ({}, {"Late": PAGE, "Old": PAGE}, "docs/runbooks/Old.md: no such alert"),
        ({}, {"Late": "# Late\n"}, "docs/runbooks/Late.md: not in three parts"),
        ({"labels": {}}, {"Late": PAGE}, "Late: no severity"),
        ({"labels": {"severity": "shout"}}, {"Late": PAGE}, "Late: no severity"),
        ({"annotations": {"summary": "x"}}, {"Late": PAGE}, "Late: its runbook_url is another's"),
        (
            {"annotations": {"runbook_url": "docs/runbooks/Late.md"}},
            {"Late": PAGE},
            "Late: no summary",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_said(
    tmp_path: Path, change: dict[str, Any], pages: dict[str, str], sentence: str
) -> None:
    (found,) = wrong(tmp_path, ALERT | change, **pages)

    assert found.startswith(sentence)


def test_an_alert_needs_a_test_that_sees_it_fire_and_one_that_sees_it_quiet() -> None:
    assert untested(FIRES, QUIET) == []
    assert untested(QUIET) == ["Late: no test has seen it fire as page"]
    assert untested(FIRES) == ["x.yml: nothing is seen to stay quiet"]


def test_what_is_committed_is_what_would_be_made() -> None:
    assert list(stale()) == []


def test_all_rules_and_pages_belong_together() -> None:
    groups = files.groups()

    assert [*runbooks.wrong(groups), *tested.untested(groups, files.tests())] == []


def test_alertmanager_speaks_of_alerts_that_there_are() -> None:
    config = yaml.safe_load((files.HERE / "alertmanager.yml").read_text(encoding="utf-8"))
    matchers = [
        one
        for rule in config["inhibit_rules"]
        for one in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    named = {
        name
        for one in matchers
        if one.startswith("alertname")
        for name in one.partition('"')[2].rstrip('"').split("|")
    }
    alerts = {rule.get("alert") for group in files.groups() for rule in group["rules"]}

    assert named
    assert named - alerts == set()
    assert {config["route"]["receiver"]} == {one["name"] for one in config["receivers"]}
