"""What the product says to Postgres, heard by a listener, and how Postgres would go about it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

_EXPLAINED: Final = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with the parameters it was sent with. `by`: who sent it."""

    by: str
    statement: str
    parameters: Any


@dataclass(slots=True)
class Captured:
    """All that any engine of this process has been told meanwhile, the first of its kind."""

    said: dict[str, Said] = field(default_factory=dict)
    by: str = ""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """To all engines: those of the API are made inside of it."""
        sa.event.listen(sa.Engine, "before_cursor_execute", self._hear)
        try:
            yield
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", self._hear)

    def _hear(self, *told: Any) -> None:
        _, _, statement, parameters, _, many = told
        if statement.lstrip(" \n(").upper().startswith(_EXPLAINED):
            first = parameters[0] if many else parameters
            self.said.setdefault(statement, Said(self.by, statement, first))


def plan(connection: sa.Connection, one: Said) -> Node:
    """The whole plan, of which the statement is not executed."""
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {one.statement}", one.parameters)
    found = told.scalar_one()
    parsed: Node = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return parsed


def nodes(root: Node) -> Iterator[Node]:
    """A plan's nodes, each before what is below it."""
    yield root
    for child in root.get("Plans", ()):
        yield from nodes(child)


def expected(root: Node, table: str) -> int:
    """How many rows of a table the planner thinks to find, if all of them were wanted."""
    (found,) = (one for one in nodes(root) if one.get("Relation Name") == table)
    rows: int = found["Plan Rows"]
    return rows


def read_through(root: Node) -> set[str]:
    """The tables that are read from their beginning to their end."""
    return {one["Relation Name"] for one in nodes(root) if one["Node Type"] == "Seq Scan"}
