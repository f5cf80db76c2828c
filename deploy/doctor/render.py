"""Findings as text for a person, or as JSON for a program. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from deploy.doctor.findings import EXIT_STATUS, Finding, exit_status
from deploy.doctor.subjects import ALL

_MARKS: Final = {"ok": "ok", "skipped": "-", "warning": "WARNING", "error": "ERROR"}
_VERDICTS: Final = ("All is well.", "It works, but look at the warnings.", "Something is broken.")


def as_text(findings: Sequence[Finding]) -> str:
    """Under the subjects' names; a command that mends, below what it mends."""
    width = max((len(one.code) for one in findings), default=0)
    lines: list[str] = []
    for part in ALL:
        mine = [one for one in findings if one.code in part.subject.codes]
        lines += [part.subject.name] if mine else []
        lines += [line for one in mine for line in _lines(one, width)]
    return "\n".join([*lines, _verdict(findings)])


def _lines(finding: Finding, width: int) -> list[str]:
    lines = [f"  {_MARKS[finding.gravity]:7}  {finding.code:{width}}  {finding.says}"]
    if finding.mend:
        lines.append(f"  {'':7}  {'':{width}}  -> {finding.mend}")
    return lines


def _verdict(findings: Sequence[Finding]) -> str:
    counted = {gravity: sum(one.gravity == gravity for one in findings) for gravity in EXIT_STATUS}
    words = ", ".join(f"{count} {gravity}" for gravity, count in counted.items() if count)
    return f"{_VERDICTS[exit_status(findings)]} ({words})"


def as_json(findings: Sequence[Finding]) -> str:
    """`{"exitStatus": 0, "findings": [{"code", "gravity", "says", "mend", "because"}]}`."""
    told = [{k: v for k, v in asdict(one).items() if v} for one in findings]
    return json.dumps({"exitStatus": exit_status(findings), "findings": told})
