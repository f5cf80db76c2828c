"""One line for each experiment: the counts of the ledger, the times, and bars of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tests.faults import ledger
from tests.faults.evidence import Evidence
from tests.faults.ledger import Ledger

HEAD: Final = (
    f"{'experiment':34} {'seed':>4} {'N':>5} {'LOST':>4} {'DOUBLE':>6} {'PHANTOM':>7} {'STUCK':>5}"
    f" {'WRONG':>5} {'WEBHOOK-LOST':>12}  {'recovery p50/p99/max s':22}  and"
)
_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure of one experiment; `holds` False breaks a promise."""

    name: str
    value: str
    holds: bool = True

    def __str__(self) -> str:
        return f"{self.name}={self.value}{'' if self.holds else ' (!)'}"


def at_most(name: str, value: float, limit: float) -> Bar:
    return Bar(name, f"{_short(value)}<={_short(limit)}", value <= limit)


def at_least(name: str, value: float, limit: float) -> Bar:
    return Bar(name, f"{_short(value)}>={_short(limit)}", value >= limit)


def equal(name: str, value: object, wanted: object) -> Bar:
    return Bar(name, f"{value}" if value == wanted else f"{value}, not {wanted}", value == wanted)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an experiment."""

    name: str
    seed: int
    evidence: Evidence
    bars: tuple[Bar, ...] = ()

    @property
    def ledger(self) -> Ledger:
        return ledger.balance(self.evidence)

    def line(self) -> str:
        found, times = self.ledger, ledger.recoveries(self.evidence)
        shares = "/".join(f"{ledger.percentile(times, share):.2f}" for share in (0.5, 0.99, 1.0))
        bars = ", ".join(map(str, self.bars))
        return (
            f"{self.name:34} {self.seed:>4} {len(self.evidence.answers):>5} {len(found.lost):>4}"
            f" {len(found.double):>6} {len(found.phantom):>7} {len(found.stuck):>5}"
            f" {len(found.wrong):>5} {len(found.webhook_lost):>12}  {shares:22}  {bars}"
        )

    def broken(self) -> list[str]:
        """A sentence for each promise that was not kept."""
        found = self.ledger
        counts = {
            "LOST": found.lost,
            "DOUBLE": found.double,
            "PHANTOM": found.phantom,
            "STUCK": found.stuck,
            "WRONG": found.wrong,
            "WEBHOOK-LOST": found.webhook_lost,
        }
        counted = [f"{name}: {_some(whom)}" for name, whom in counts.items() if whom]
        return counted + [str(bar) for bar in self.bars if not bar.holds]


def _some(whom: Iterable[str]) -> str:
    listed = list(whom)
    shown = "; ".join(listed[:_EXAMPLES])
    return shown if len(listed) <= _EXAMPLES else f"{shown}; and {len(listed) - _EXAMPLES} more"
