"""What a check says: a finding for each code, and how grave the whole is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Gravity = Literal["ok", "skipped", "warning", "error"]

EXIT_STATUS: Final[Mapping[Gravity, int]] = {"ok": 0, "skipped": 0, "warning": 1, "error": 2}
"""What was not looked at is as grave as its cause, which is a finding of its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `mend` is a command, or what to do where no command does it; `because` is
    the code whose failure hid what was to be looked at.
    """

    code: str
    gravity: Gravity
    says: str
    mend: str = ""
    because: str = ""


def ok(code: str, says: str) -> Finding:
    return Finding(code, "ok", says)


def warning(code: str, says: str, mend: str) -> Finding:
    return Finding(code, "warning", says, mend)


def error(code: str, says: str, mend: str) -> Finding:
    return Finding(code, "error", says, mend)


def skipped(code: str, because: str) -> Finding:
    return Finding(code, "skipped", f"Not looked at, because of {because}.", because=because)


def judged(code: str, is_well: bool, well: str, wrong: str, mend: str) -> Finding:
    """For a question that is answered by yes or no."""
    return ok(code, well) if is_well else error(code, wrong, mend)


def worst(findings: Iterable[Finding]) -> Gravity:
    """`ok`, `warning` or `error`."""
    return ("ok", "warning", "error")[exit_status(findings)]


def exit_status(findings: Iterable[Finding]) -> int:
    """0: all is well; 1: warnings; 2: errors."""
    return max((EXIT_STATUS[one.gravity] for one in findings), default=0)
