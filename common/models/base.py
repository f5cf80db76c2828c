"""What the tables share: column kinds, and the naming convention that migrations rely on."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel, text

from common import clock, ids

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

TIMESTAMP: Final = DateTime(timezone=True)
TEXTS: Final = ARRAY(Text)
JSON: Final = JSONB(none_as_null=True)


def primary_key() -> Any:
    """A UUIDv7."""
    return Field(default_factory=ids.new, primary_key=True)


def tenant() -> Any:
    """The owner. On every row of a tenant, and in every query for one."""
    return Field(foreign_key="organization.id")


def tenant_of_parent() -> Any:
    """The owner again, where the parent's own foreign key already holds it: one check less for
    each row of the busiest tables.
    """
    return Field()


def moment_of_creation() -> Any:
    """A timestamptz that is set when the row is made."""
    return Field(default_factory=clock.now, sa_type=TIMESTAMP)


def moment() -> Any:
    """A timestamptz that may be unset."""
    return Field(default=None, sa_type=TIMESTAMP)


def flag() -> Any:
    """A boolean that is false where nobody says otherwise."""
    return Field(default=False, sa_column_kwargs={"server_default": text("false")})


def one_of(column: str, *values: str) -> CheckConstraint:
    """An enum as text with a check: a migration can add a value without a long lock."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


__all__ = [
    "JSON",
    "TEXTS",
    "TIMESTAMP",
    "UUID",
    "datetime",
    "flag",
    "moment",
    "moment_of_creation",
    "one_of",
    "primary_key",
    "tenant",
    "tenant_of_parent",
]
