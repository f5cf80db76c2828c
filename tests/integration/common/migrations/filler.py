"""Rows for every table of whatever schema there is, by what the database says of it.

Row `n` of each table belongs to row `n` of the others, so what is filled is a dozen tenants. The
first row has nothing that may be missing, the second has everything; the others lack every third
value. Each value that a check allows comes up, also those that no code writes any more.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

ROWS: Final = 12
"""More than any check has values."""
_LONG_AGO: Final = datetime(2026, 11, 1, tzinfo=UTC)
_VALUES: Final = re.compile(r"'([^']*)'::")

Filled = dict[str, list[dict[str, Any]]]
"""The rows of each table, as they were written."""


def identity(table: str, number: int) -> UUID:
    """The id of a row."""
    return uuid5(NAMESPACE_OID, f"{table} {number}")


def fill(connection: sa.Connection) -> Filled:
    """All tables, in an order that foreign keys allow."""
    return {table.name: list(_insert(connection, table)) for table in tables(connection)}


def tables(connection: sa.Connection) -> list[sa.Table]:
    """As they are in the database, not as the models say."""
    metadata = sa.MetaData()
    with warnings.catch_warnings():
        # SQLAlchemy 2.1 does not understand its own answer about a check that is NOT VALID.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        metadata.reflect(connection)
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, postgresql.JSONB):
                column.type.none_as_null = True
    return [one for one in metadata.sorted_tables if one.name != "alembic_version"]


def _insert(connection: sa.Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    choices = _choices(connection, table)
    for number in range(ROWS):
        row = {
            column.name: _value(column, number, choices.get(column.name))
            for place, column in enumerate(table.columns)
            if not (_may_be_missing(column) and _is_missing(number, place))
        }
        connection.execute(sa.insert(table).values(row))
        yield row


def _choices(connection: sa.Connection, table: sa.Table) -> dict[str, list[str]]:
    """What checks of the kind `column IN (...)` allow."""
    checks = sa.inspect(connection).get_check_constraints(table.name)
    named = {check["name"]: check["sqltext"] for check in checks}
    return {
        column.name: _VALUES.findall(named[name])
        for column in table.columns
        if (name := f"ck_{table.name}_{column.name}") in named
    }


def _may_be_missing(column: "sa.Column[Any]") -> bool:
    return bool(column.nullable) or column.server_default is not None


def _is_missing(number: int, place: int) -> bool:
    return number == 0 or (number > 1 and (number + place) % 3 == 0)


def _value(column: "sa.Column[Any]", number: int, choices: list[str] | None) -> object:
    if choices:
        return choices[number % len(choices)]
    if isinstance(column.type, sa.Uuid):
        owner = column.table.name if column.name == "id" else column.name.removesuffix("_id")
        return identity(owner, number)
    if isinstance(column.type, sa.ARRAY) and isinstance(column.type.item_type, sa.Uuid):
        return [identity("inbox", number)]
    makes = (make for kind, make in _MAKERS if isinstance(column.type, kind))
    return next(makes)(f"{column.name}@{number}.example", number)


_MAKERS: Final[tuple[tuple[type, Callable[[str, int], object]], ...]] = (
    (sa.ARRAY, lambda words, _: [words]),
    (sa.DateTime, lambda _, number: _LONG_AGO + timedelta(minutes=number)),
    (sa.Boolean, lambda _, number: number % 2 == 1),
    (sa.Integer, lambda _, number: number),
    (sa.LargeBinary, lambda words, _: words.encode()),
    (postgresql.JSONB, lambda words, _: {"message": words}),
    (postgresql.TSVECTOR, lambda words, _: f"'{words}'"),
    (sa.String, lambda words, _: words),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Every value of every row as text, by table and primary key."""

    rows: dict[tuple[str, str], dict[str, Any]]

    def changes(self, later: "Kept") -> dict[tuple[str, str], int]:
        """In how many rows each column is another, or gone; `(table, "")` for rows that are."""
        found: dict[tuple[str, str], int] = {}
        for (table, key), row in self.rows.items():
            after = later.rows.get((table, key))
            changed = (
                [""]
                if after is None
                else [name for name in row if name not in after or after[name] != row[name]]
            )
            for name in changed:
                found[table, name] = found.get((table, name), 0) + 1
        return found


def keep(connection: sa.Connection) -> Kept:
    """What is there now."""
    rows = {}
    for table in tables(connection):
        keys = [column.name for column in table.primary_key.columns]
        for row in connection.execute(sa.text(f"SELECT to_jsonb(t) AS kept FROM {table.name} t")):
            rows[table.name, "/".join(str(row.kept[name]) for name in keys)] = row.kept
    return Kept(rows)
