"""The window that all senders of an installation share, in Redis, as one of them knows it.

Every answer of Redis brings the whole window, so this process can go on from what all were granted
when Redis is away (`alone`), and can teach it to a Redis that has lost its memory: to one that
knows nothing, what this process believes of all; to one that another sender has taught already,
what that one could not know. Each new memory has an `epoch` of its own, which tells them apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson
import redis

from services.sender import window
from services.sender.window import SECOND, Verdict, Window

LIVE_SECONDS: Final = 30
"""How long a sender that is not heard counts as living, and what it would send is kept for it: one
that is killed and started again counts twice for so long.
"""
FIRST_PAUSE_SECONDS: Final = 2.0
LONGEST_PAUSE_SECONDS: Final = 8.0
"""How long Redis is left alone after a failure, doubled with each: a Redis that hangs costs its
client's timeout each time it is tried.
"""
DOUBT_SECONDS: Final = LONGEST_PAUSE_SECONDS + 2
"""How long after the first sender sees Redis again another may not have tried: the pause, and a
timeout of the client.
"""
_LOST: Final = 2
"""The length of an answer that brings no verdicts."""

SCRIPT: Final = (
    f"local SLOT, REACH_SLOTS, EASE = {window.SLOT}, {window.REACH_SLOTS}, {window.EASE}\n"
    f"local SOON, MOST_WAIT = {window.SOON}, {window.MOST_WAIT}\n"
    f"local LIVE_SECONDS, DOUBT_SECONDS = {LIVE_SECONDS}, {DOUBT_SECONDS}\n"
) + Path(__file__).with_name("window.lua").read_text()


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for at one time. `allowed` is a rate and a quota, `hold` is in microseconds."""

    costs: Sequence[int] = ()
    allowed: tuple[float, float] | None = None
    hold: int = 0


class SharedWindow:
    """For one thread. `senders` is how many live, as far as is known."""

    def __init__(
        self, client: "redis.Redis", prefix: str, senders: int, clock: Callable[[], float]
    ) -> None:
        """`clock` gives monotonic seconds."""
        self._client = client
        self._script = client.register_script(SCRIPT)
        # The braces keep both keys on one node of a cluster.
        self._keys = [f"{prefix}:pace:{{window}}", f"{prefix}:pace:{{window}}:senders"]
        self._clock = clock
        self._ahead = 0
        self._id = uuid4().hex
        self._epoch = ""
        self._believed = Window()
        self._untold = Untold(Window())
        self._remembered = (1, 0.0)
        self.senders = senders

    @property
    def rate(self) -> float:
        """Recipients a second of the installation, 0 while unknown."""
        return self._believed.rate

    @property
    def fullness(self) -> float:
        """What was granted within a reach, by what may be: 0 to 1, as far as is known."""
        most = 2 * self._believed.rate
        return sum(self._believed.slots.values()) / most if most else 1.0

    def together(self, ask: Ask) -> list[Verdict]:
        """By Redis. Raises RedisError or OSError; what was granted then is nobody's, and counts."""
        question = self._question(ask)
        answer = self._run(question)
        if len(answer) == _LOST:
            if self._epoch:
                self._remembered = (self.senders, self._clock() + LIVE_SECONDS)
            told = self._believed.wire(self._now())
            answer = self._run(question | {"told": told, "whole": True})
        return self._learn(answer)

    def alone(self, ask: Ask) -> list[Verdict]:
        """Without Redis: as if each sender that lives were asking for the same at this time, so
        that all of them together stay within the rate.
        """
        now, believed = self._now(), self._believed
        self._untold.senders = self.senders
        if ask.allowed:
            believed.allow(now, *ask.allowed)
            self._untold.allowed = ask.allowed
        if ask.hold:
            believed.hold = max(believed.hold, now + ask.hold)
            self._untold.window.hold = believed.hold
        verdicts = believed.grant(now, [cost * self.senders for cost in ask.costs])
        for cost, verdict in zip(ask.costs, verdicts, strict=True):
            if isinstance(verdict, int):
                self._untold.add(now + verdict, cost)
        return verdicts

    def leave(self) -> None:
        """The others' shares grow. Raises RedisError or OSError."""
        self._client.zrem(self._keys[1], self._id)

    def _question(self, ask: Ask) -> dict[str, Any]:
        question: dict[str, Any] = {"id": self._id, "epoch": self._epoch, "costs": ask.costs}
        if allowed := ask.allowed or self._untold.allowed:
            question["rate"], question["quota"] = allowed
        if ask.hold:
            question["hold"] = ask.hold
        if self._untold.senders:
            question["away"] = self._untold.senders
            question["told"] = self._untold.window.wire(self._now())
            question["spent"] = self._untold.spent
        return question

    def _run(self, question: dict[str, Any]) -> list[Any]:
        answer: list[Any] = self._script(self._keys, [orjson.dumps(question)])
        return answer

    def _learn(self, answer: list[Any]) -> list[Verdict]:
        seconds, micros, verdicts, living, text = answer
        wire = orjson.loads(text)
        self._ahead = int(seconds) * SECOND + int(micros) - self._monotonic()
        self._believed = Window.of_wire(wire)
        self._epoch = wire["epoch"]
        self._untold = Untold(Window())
        self.senders = self._senders(living)
        decided: list[Verdict] = orjson.loads(verdicts) or []
        return decided

    def _senders(self, living: int) -> int:
        """A Redis that has lost its memory hears of the senders one by one."""
        before, until = self._remembered
        return max(living, before if self._clock() < until else 1)

    def _monotonic(self) -> int:
        return int(self._clock() * SECOND)

    def _now(self) -> int:
        """By the clock of Redis, from the difference to ours when it was last heard."""
        return self._monotonic() + self._ahead


@dataclass(slots=True)
class Untold:
    """What happened while Redis was away, in real recipients."""

    window: Window
    spent: int = 0
    allowed: tuple[float, float] | None = None
    senders: int = 0

    def add(self, go: int, cost: int) -> None:
        """A grant."""
        self.window.add(go, cost)
        self.spent += cost
