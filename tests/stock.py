"""Databases for tests, used again: to make and to drop one costs more than most tests do.

A test gets an empty, migrated database that nobody else has. Afterwards its rows are deleted, and
it serves again, unless it is not what it was: a test has changed its schema, filled it, or left
somebody connected. Then it is dropped, and the next test gets a new one.
"""

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from sqlmodel import SQLModel

import common.models  # noqa: F401 - fills the metadata
from deploy.local import databases

_MOST_BYTES: Final = 24 * 1024 * 1024
"""Of a database worth keeping; a new one has 9 MB."""

# In an order that foreign keys allow.
_EMPTY: Final = ";".join(
    f"DELETE FROM {table.name}" for table in reversed(SQLModel.metadata.sorted_tables)
)
# What DDL writes, it writes with its own transaction's number.
_SCHEMA: Final = """
SELECT md5(string_agg(mark, ',' ORDER BY mark)), pg_database_size(current_database()) FROM (
    SELECT oid || ' ' || xmin AS mark FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT oid || ' ' || xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT oid || ' ' || xmin FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT oid || ' ' || xmin FROM pg_constraint WHERE oid >= 16384
) written
"""
_OTHERS: Final = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Stock:
    """Of one process."""

    def __init__(self, server: str, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._schema: dict[str, str] = {}

    def take(self) -> str:
        """An empty database's URL."""
        if self._free:
            return self._free.pop()
        url = databases.create(self._server, self._template)
        with _connection(url) as connection:
            self._schema[url], _ = _look(connection)
        return url

    def give_back(self, url: str) -> None:
        """Whatever has been done to it."""
        try:
            is_fine = self._emptied(url)
        except psycopg.Error:
            is_fine = False
        if is_fine:
            self._free.append(url)
        else:
            databases.drop(self._server, url)

    def close(self) -> None:
        for url in self._free:
            databases.drop(self._server, url)

    def _emptied(self, url: str) -> bool:
        with _connection(url) as connection:
            schema, size = _look(connection)
            if schema != self._schema[url] or size > _MOST_BYTES or _is_in_use(connection):
                return False
            connection.execute(_EMPTY)
        return True


def _connection(url: str) -> "psycopg.Connection[Any]":
    plain = urlunsplit(urlsplit(url)._replace(scheme="postgresql"))
    options = "-c lock_timeout=1000 -c statement_timeout=5000"
    return psycopg.connect(plain, autocommit=True, connect_timeout=5, options=options)


def _look(connection: "psycopg.Connection[Any]") -> tuple[str, int]:
    found: Any = connection.execute(_SCHEMA).fetchone()
    schema, size = found
    return schema, size


def _is_in_use(connection: "psycopg.Connection[Any]") -> bool:
    return connection.execute(_OTHERS).fetchone() is not None
