"""A database full of mail, by COPY: what it takes without the index of words, and with it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import psycopg

from common.settings import Settings
from tests.bench.ground import whereabouts
from tests.bench.scale_rows import COLUMNS, Rows
from tests.bench.scale_shape import Shape

_A_PIECE: Final = 500  # lines
_INDEX: Final = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_document'"
# Foreign keys are a third of the time, and all of them are kept anyhow; only a superuser may.
_UNCHECKED: Final = """
SELECT set_config('session_replication_role', 'replica', true)
FROM pg_roles WHERE rolname = current_user AND rolsuper
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """How long it took, in seconds, and how big it has become, in bytes."""

    seconds: float
    index_seconds: float
    size: int


def seed(settings: Settings, shape: Shape) -> Seeded:
    """All tables of an empty database, then the index of words, as the migration has it."""
    began = time.perf_counter()
    url = whereabouts(settings)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        (index,) = connection.execute(_INDEX).fetchone() or ("",)
        connection.execute("DROP INDEX ix_search_document")
        with connection.transaction():
            _fill(connection, Rows(shape))
        connection.execute("VACUUM (ANALYZE)")
        seeded = time.perf_counter()
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(index.encode())
        ended = time.perf_counter()
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return Seeded(seeded - began, ended - seeded, size[0] if size else 0)


def _fill(connection: psycopg.Connection, rows: Rows) -> None:
    """Emptied in the same transaction, a table can be filled with rows that no vacuum has to look
    at again.
    """
    connection.execute(_UNCHECKED)
    connection.execute("TRUNCATE organization CASCADE")
    with connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            statement = f"COPY {table} ({columns}) FROM STDIN (FREEZE)"
            with cursor.copy(statement.encode()) as copy:
                for piece in _pieces(rows.of[table]()):
                    copy.write(piece)


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    while piece := "".join(islice(lines, _A_PIECE)):
        yield piece
