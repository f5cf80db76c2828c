import ast
import sys
from pathlib import Path

import pytest

from deploy.local.state import ROOT

LOCAL = ROOT / "deploy" / "local"
BEFORE_INSTALLATION = ["installation", "checkout", "step", "uv"]


def test_an_old_python_can_parse_what_tells_it_that_it_is_too_old() -> None:
    source = (LOCAL / "bootstrap.py").read_text(encoding="ascii")

    ast.parse(source, feature_version=(3, 4))

    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]


@pytest.mark.parametrize("name", BEFORE_INSTALLATION)
def test_what_runs_before_the_installation_needs_nothing_installed(name: str) -> None:
    ours = {f"deploy.local.{module}" for module in BEFORE_INSTALLATION} | {"deploy.local"}

    outside = imports(LOCAL / f"{name}.py") - ours

    assert {module.partition(".")[0] for module in outside} <= sys.stdlib_module_names


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found
