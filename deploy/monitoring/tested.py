"""deploy/monitoring/tests: each alert is seen to fire with each of its severities, and each file
sees a time at which nothing does.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

Json = dict[str, Any]
_LABELS: Final = re.compile(r'(\w+)="(\w+)"')


def untested(groups: Iterable[Json], tests: dict[str, Json]) -> Iterator[str]:
    """A sentence for each alert that no test has seen. `tests`: by the names of their files."""
    seen: set[tuple[str | None, str | None]] = set()
    for name, file in tests.items():
        expected = [samples for test in file["tests"] for samples in _expected(test)]
        if [] not in expected:
            yield f"{name}: nothing is seen to stay quiet"
        for sample in (one for samples in expected for one in samples):
            labels = dict(_LABELS.findall(sample["labels"]))
            seen.add((labels.get("alertname"), labels.get("severity")))
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    for alert, severity in sorted({(one["alert"], one["labels"]["severity"]) for one in rules}):
        if (alert, severity) not in seen:
            yield f"{alert}: no test has seen it fire as {severity}"


def _expected(test: Json) -> Iterator[list[Json]]:
    for one in test.get("promql_expr_test", []):
        if one["expr"].startswith("sum") and "ALERTS" in one["expr"]:
            yield one["exp_samples"]
