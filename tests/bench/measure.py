"""What a benchmark gives: figures, most of them ratios of two ways that were measured in turns.

The ratio is what carries over to another machine, and only if both ways were measured in one run;
what either does a second drifts with the machine's mood, and is told beside it.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

ROUNDS: Final = 3
_TICKS_A_SECOND: Final = 100  # of /proc: USER_HZ, whatever the kernel's own clock is


@dataclass(frozen=True, slots=True)
class Bar:
    """What a median must reach (`at_least`), or stay within."""

    limit: float
    at_least: bool = True

    def is_met(self, value: float) -> bool:
        """Whether it is."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """As it is printed."""
        return f"{'>=' if self.at_least else '<='} {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, once a round. `told`: what it is made of, in words. Without a
    bar it is for the reader alone.
    """

    name: str
    values: tuple[float, ...]
    unit: str = ""
    bar: Bar | None = None
    told: str = ""

    @property
    def median(self) -> float:
        """Of the rounds; half of all rounds were no worse, and that is what is held to the bar."""
        return median(self.values)

    @property
    def is_met(self) -> bool:
        """Whether the median is within the bar."""
        return self.bar is None or self.bar.is_met(self.median)

    def __str__(self) -> str:
        """One line."""
        parts = [f"{self.name}: {_number(self.median)}{self.unit and ' ' + self.unit}"]
        if len(self.values) > 1:
            parts.append(f" ({_number(min(self.values))} to {_number(max(self.values))})")
        if self.bar:
            parts.append(f", bar {self.bar}{'' if self.is_met else '  MISSED'}")
        return "".join(parts) + (f" | {self.told}" if self.told else "")

    def as_json(self) -> dict[str, Any]:
        """For `bench/results.json`."""
        return {
            "name": self.name,
            "unit": self.unit or "ratio",
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
            "bar": str(self.bar) if self.bar else None,
            "met": self.is_met,
            "told": self.told,
        }


def _number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def in_turns(ways: Iterable[Callable[[], float]], rounds: int = ROUNDS) -> list[tuple[float, ...]]:
    """What each way gave, round by round: one after the other, so that the machine's mood is in
    all of them alike.
    """
    these = list(ways)
    taken = [tuple(way() for way in these) for _ in range(rounds)]
    return list(zip(*taken, strict=True))


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> tuple[float, ...]:
    """Ours by theirs, each within its own round."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def percentile(values: Iterable[float], part: float) -> float:
    """The smallest that `part` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def cpu_seconds(pid: int) -> float:
    """Of user and system time so far, of one process (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def rss_bytes(pid: int) -> int:
    """What it holds in memory now, of one process (proc(5))."""
    return _memory(pid, "VmRSS")


def peak_bytes(pid: int) -> int:
    """The most that it ever held, or since `forget_peak`."""
    return _memory(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """From now on `peak_bytes` is of what follows (proc(5), `clear_refs`)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _memory(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (one for one in lines if one.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def timed(call: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
