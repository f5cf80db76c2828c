"""docs/runbooks: each alert says which page to open, and each page belongs to an alert."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "docs" / "runbooks"
SEVERITIES: Final = ("page", "ticket")
SECTIONS: Final = ("## What it means", "## How to look", "## What to do")


def wrong(groups: Iterable[dict[str, Any]], folder: Path = FOLDER) -> Iterator[str]:
    """A sentence for each thing that is missing, or too much."""
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    for rule in alerts:
        yield from _unsaid(rule)
    names = {rule["alert"] for rule in alerts}
    pages = {page.stem: page.read_text(encoding="utf-8") for page in folder.glob("*.md")}
    for name in sorted(names - pages.keys()):
        yield f"{name}: no docs/runbooks/{name}.md"
    for name in sorted(pages.keys() - names):
        yield f"docs/runbooks/{name}.md: no such alert"
    for name, text in pages.items():
        if [line for line in text.splitlines() if line.startswith("## ")] != [*SECTIONS]:
            yield f"docs/runbooks/{name}.md: not in three parts, {', '.join(SECTIONS)}"


def _unsaid(rule: dict[str, Any]) -> Iterator[str]:
    name, told = rule["alert"], rule["annotations"]
    if told.get("runbook_url") != f"docs/runbooks/{name}.md":
        yield f"{name}: its runbook_url is another's"
    if not told.get("summary"):
        yield f"{name}: no summary"
    if rule["labels"].get("severity") not in SEVERITIES:
        yield f"{name}: no severity"
