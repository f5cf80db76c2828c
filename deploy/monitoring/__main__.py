"""`python -m deploy.monitoring`: 0 if what watches Postroom is as it should be, else what is not.

    rules        `promtool check rules`, and the tests of deploy/monitoring/tests
    tests        each alert is seen to fire, and something to stay quiet
    prometheus   `promtool check config`
    dashboards   each expression is one that promtool takes
    runbooks     each alert has one, and each one an alert
    made         what is made of other files is committed as it would be made

`python -m deploy.monitoring write` makes it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.monitoring import dashboards, files, promtool, runbooks, tested


def stale() -> Iterator[str]:
    """What is committed otherwise than it would be made."""
    found = files.made()
    for path, text in found.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.relative_to(files.ROOT)} is stale: python -m deploy.monitoring write"
    for path in set(files.GRAFANA.glob("*.json")) - found.keys():
        yield f"{path.relative_to(files.ROOT)} is made by nothing"


def checked(program: Path) -> Iterator[str]:
    """What promtool says of rules, tests, configuration and dashboards."""
    rules = sorted(map(str, files.RULES.glob("*.yml")))
    tests = sorted(map(str, files.TESTS.glob("*.yml")))
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "dashboards.yml"
        shown.write_text(_as_rules(), encoding="utf-8")
        for argv in (
            ["check", "rules", *rules],
            ["check", "config", str(files.HERE / "prometheus.yml")],
            ["check", "rules", "--lint=none", str(shown)],
            ["test", "rules", *tests],
        ):
            done = subprocess.run(  # noqa: S603 - files of ours
                [program, *argv], capture_output=True, text=True, check=False, timeout=120
            )
            if done.returncode:
                yield f"promtool {argv[0]} {argv[1]}: {done.stdout}{done.stderr}"


def _as_rules() -> str:
    """Every expression of the dashboards as a rule, which is what promtool reads."""
    rules = [
        {"record": f"dashboard:expression:{number}", "expr": expression}
        for number, expression in enumerate(dashboards.expressions())
    ]
    text: str = yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]})
    return text


def main(argv: list[str]) -> int:
    """The exit code."""
    if argv == ["write"]:
        files.write()
        return 0
    groups = files.groups()
    found = [*stale(), *runbooks.wrong(groups), *tested.untested(groups, files.tests())]
    try:
        found += checked(promtool.find())
    except promtool.MissingError as error:
        found.append(str(error))
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
