"""What the doctor looks at: subjects with the codes of their findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.findings import (
    EXIT_STATUS,
    Finding,
    Gravity,
    error,
    exit_status,
    judged,
    ok,
    skipped,
    warning,
)

__all__ = [
    "EXIT_STATUS",
    "UP",
    "Finding",
    "Gravity",
    "Subject",
    "error",
    "exit_status",
    "judged",
    "ok",
    "skipped",
    "warning",
]

UP: Final = "python -m deploy.aws up --domain DOMAIN --region REGION"
"""Makes the whole set-up on AWS, and again what is missing. `runner.named` knows the names."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`codes`: each with what is looked at. `needs`: the codes that must not have failed."""

    name: str
    codes: Mapping[str, str]
    needs: tuple[str, ...] = ()
