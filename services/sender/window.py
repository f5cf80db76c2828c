"""Who may send when: one rate, counted in recipients, never above it over any 2 seconds.

Two rules, and what is granted obeys both:

- Ease: after a mail to n recipients comes n/r seconds of silence, r = EASE x rate. No bursts.
- Reach: what is granted within REACH is at most 2 x rate. A mail to more recipients than that,
  which could never be sent otherwise, goes alone in its reach.

SES sees a mail some milliseconds after its time to go, one later than another. What it sees within
2 s went within 2 s and the difference of those delays, so the bound holds for SES as long as delays
differ by less than REACH - 2 s = 250 ms. Grants are counted in slots of 50 ms, and a reach by all
the slots that it touches: so a stream gets 2/(REACH + SLOT) = 20/23 of the rate, or a little more.

Times to go never decrease, and what is refused leaves no trace. Whether a mail is refused does not
depend on its recipients: a mail to many is granted as soon as a mail to one would be.

Times are microseconds by the clock of Redis. `window.lua` is this same window, in Redis.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

SECOND: Final = 1_000_000
SLOT: Final = 50_000
REACH_SLOTS: Final = 45
REACH: Final = REACH_SLOTS * SLOT
"""2.25 s, in microseconds."""
EASE: Final = 0.88
"""Less than 2 s / REACH: a stream that is faster stands still at the end of each reach."""
FREE: Final = 1 - 2 * SECOND / (REACH + SLOT)
"""What a stream leaves free of what a reach may have: 3/23."""
MOST_WAIT: Final = 5 * SECOND
SOON: Final = MOST_WAIT - REACH - SLOT
"""What is further away than this by the first rule is refused, for few recipients and for many; the
second rule adds REACH + SLOT at most.
"""
UNLIMITED: Final = -1.0

Refusal = Literal["rate", "quota"]
Verdict = int | Refusal
"""Microseconds to wait, or why nothing was granted."""


@dataclass(slots=True)
class Window:
    """What was granted lately. `rate` is in recipients a second, 0 while nobody knows it; `quota`
    in recipients left; `last` is the latest time to go that was granted, `cost` its recipients;
    nobody goes before `hold`; `slots` has the recipients by number of slot.
    """

    rate: float = 0
    quota: float = UNLIMITED
    last: int = 0
    cost: int = 0
    hold: int = 0
    slots: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any]) -> Self:
        """As `window.lua` writes it: long numbers as text, slots from `first` on."""
        slots = {slot: n for slot, n in enumerate(wire["slots"], wire["first"]) if n}
        last, hold = int(wire["last"]), int(wire["hold"])
        return cls(wire["rate"], wire["quota"], last, wire["cost"], hold, slots)

    def wire(self, now: int) -> dict[str, Any]:
        """For `window.lua`, which moves it to what its own clock says."""
        self.forget(now)
        first, end = min(self.slots, default=0), max(self.slots, default=-1) + 1
        return {
            "now": str(now),
            "first": first,
            "slots": [self.slots.get(slot, 0) for slot in range(first, end)],
            "last": str(self.last),
            "cost": self.cost,
            "hold": str(self.hold),
            "rate": self.rate,
            "quota": self.quota,
        }

    def forget(self, now: int) -> None:
        """What nothing depends on any more."""
        oldest = now // SLOT - REACH_SLOTS
        self.slots = {slot: n for slot, n in self.slots.items() if slot >= oldest}

    def allow(self, now: int, rate: float, quota: float) -> None:
        """`quota` as SES tells it, which cannot know yet what was granted just now."""
        self.forget(now)
        self.rate = rate
        self.quota = quota if quota < 0 else max(0.0, quota - sum(self.slots.values()))

    def grant(self, now: int, costs: Iterable[int]) -> list[Verdict]:
        """One verdict for each cost, in their order."""
        self.forget(now)
        return [self._grant(now, cost) for cost in costs]

    def add(self, go: int, cost: int) -> None:
        """Granted; by this window, or elsewhere."""
        if go >= self.last:
            self.last, self.cost = go, cost
        self.slots[go // SLOT] = self.slots.get(go // SLOT, 0) + cost

    def _grant(self, now: int, cost: int) -> Verdict:
        if 0 <= self.quota < cost:
            return "quota"
        if self.rate <= 0:
            return "rate"
        eased = self.last + math.ceil(self.cost * SECOND / (EASE * self.rate))
        go = max(now, self.hold, eased)
        if go - now > SOON:
            return "rate"
        go = self._in_reach(go, cost)
        self.add(go, cost)
        if self.quota >= 0:
            self.quota -= cost
        return go - now

    def _in_reach(self, go: int, cost: int) -> int:
        slot = go // SLOT
        total = sum(n for at, n in self.slots.items() if at >= slot - REACH_SLOTS)
        while total > 0 and total + cost > 2 * self.rate:
            total -= self.slots.get(slot - REACH_SLOTS, 0)
            slot += 1
            go = slot * SLOT
        return go
