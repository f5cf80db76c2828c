"""What stays while one state machine after the other comes and goes."""

from dataclasses import dataclass

import sqlalchemy as sa

from services.sender.leftovers import Policy
from tests.integration.builders import Tenant

_FILLED = ("event", "feedback", "recipient", "message", "checkpoint")


@dataclass(frozen=True, slots=True)
class World:
    """One database for all of them: to make one takes longer than a machine runs."""

    engine: sa.Engine
    policy: Policy
    owners: list[Tenant]

    def write(self, *statements: str, **values: object) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement), values)

    def empty(self) -> None:
        self.write(*(f"DELETE FROM {table}" for table in _FILLED))
