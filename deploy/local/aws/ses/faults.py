"""The trouble that was asked for: which calls of SendEmail fail, how, and what feedback suffers.

`POST /faults` replaces all of it; a field that is left out goes back to its default, so `{}` heals.
"""

import random
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Share = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[int, Field(ge=0, le=3_600_000)]


class Fate(StrEnum):
    """What becomes of one call; each but `accepted` is the name of its share in Faults."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    REFUSED = "refused"
    ERROR_500 = "error500"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    UNVERIFIED = "unverified"
    DAILY_QUOTA = "daily_quota"
    # From here on SES has the mail: in /sent, with its feedback; only the caller is not told.
    ACCEPTED_500 = "accepted500"
    HUNG = "hung"
    RESET = "reset"


class Faults(BaseModel):
    """Shares are of all SendEmail calls, 0 to 1, and at most 1 together."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)

    # Before SES decides; a caller that leaves meanwhile changes nothing.
    latency_ms: Milliseconds = 0
    # The same seed and the same order of calls: the same fates.
    seed: int | None = None

    throttled: Share = 0.0
    refused: Share = 0.0
    error500: Share = 0.0
    paused: Share = 0.0
    suspended: Share = 0.0
    unverified: Share = 0.0
    daily_quota: Share = 0.0
    accepted500: Share = 0.0
    hung: Share = 0.0
    reset: Share = 0.0

    # Of recipients: a DeliveryDelay comes before the Delivery.
    delivery_delayed: Share = 0.0
    # Of notifications: never reach the queue.
    feedback_lost: Share = 0.0
    # Copies beside the first: the odd ones are the same SNS message again, as SQS repeats it, the
    # even ones a new SNS message around the same event, as SES repeats it.
    feedback_duplicates: Annotated[int, Field(ge=0, le=100)] = 0
    feedback_delay_ms: Milliseconds = 0
    # In any order; with a delay each waits for a random part of it, so that mails mix too.
    feedback_shuffle: bool = False

    @model_validator(mode="after")
    def _one_fate_a_call(self) -> Self:
        if sum(self.shares().values()) > 1 + 1e-9:
            raise ValueError("the shares of all calls must not be more than 1 together")
        return self

    def shares(self) -> dict[Fate, float]:
        return {fate: getattr(self, fate) for fate in Fate if fate is not Fate.ACCEPTED}


class FaultPlan:
    """The faults in force, and the dice."""

    def __init__(self) -> None:
        self.set(Faults())

    def set(self, faults: Faults) -> None:
        self.now = faults
        self.dice = random.Random(faults.seed)  # noqa: S311 - repeatable on purpose, no secret

    def draw(self) -> Fate:
        """The fate of the next call."""
        spin = self.dice.random()
        for fate, share in self.now.shares().items():
            if spin < share:
                return fate
            spin -= share
        return Fate.ACCEPTED

    def happens(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share
