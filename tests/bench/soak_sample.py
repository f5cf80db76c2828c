"""One look at a system under load: queues, connections, Redis, tables, processes."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import redis
import sqlalchemy as sa

from tests.bench.measure import rss_bytes
from tests.bench.soak_ground import Site

FEEDBACK: Final = "postroom-feedback"
INBOUND: Final = "postroom-inbound"

_OLDEST: Final = re.compile(r'postroom_queue_oldest_seconds\{queue="(\w+)"\} (\S+)')
_SEARCH: Final = sa.text("""
SELECT coalesce(extract(epoch FROM now() - min(m.created_at)), 0)
FROM search s JOIN message m ON m.id = s.message_id WHERE s.document IS NULL
""")
_TABLES: Final = sa.text("""
SELECT relname, n_live_tup AS live, n_dead_tup AS dead, pg_table_size(relid) AS table_bytes,
    pg_indexes_size(relid) AS index_bytes, autovacuum_count AS vacuums
FROM pg_stat_user_tables
""")
# Checked out of a pool is at least what is not idle; how long somebody waits the product knows.
_CONNECTIONS: Final = sa.text("""
SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'postroom'
    AND pid <> pg_backend_pid() GROUP BY 1
""")


@dataclass(frozen=True, slots=True)
class Table:
    """As the statistics of Postgres have it."""

    live: int
    dead: int
    table_bytes: int
    index_bytes: int
    vacuums: int

    @property
    def total(self) -> int:
        """Bytes."""
        return self.table_bytes + self.index_bytes


@dataclass(frozen=True, slots=True)
class OfProcess:
    """`rss` in bytes."""

    rss: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Sample:
    """`at`: seconds since the load began. `ages`: of what waits longest in each queue, seconds.
    `depths`: messages in SQS. `connections`: to the database, by state.
    """

    at: float
    ages: Mapping[str, float]
    depths: Mapping[str, int]
    connections: Mapping[str, int]
    redis_keys: int
    redis_bytes: int
    tables: Mapping[str, Table]
    processes: Mapping[str, OfProcess]

    def as_json(self) -> dict[str, Any]:
        """For `bench/soak.json`."""
        return asdict(self)


class Sampler:
    """Looks from outside, by what the product shows and by the servers' own statistics."""

    def __init__(self, here: Site) -> None:
        self._site = here
        self._redis: redis.Redis = redis.Redis.from_url(here.settings.redis_url)
        self._client = httpx.Client(timeout=30, trust_env=False)

    def look(self, at: float) -> Sample:
        """All of it, within a second."""
        with self._site.engine.connect() as connection:
            searches = float(connection.execute(_SEARCH).scalar_one())
            tables = {
                row.pop("relname"): Table(**row)
                for row in map(dict, connection.execute(_TABLES).mappings())
            }
            states = connection.execute(_CONNECTIONS).tuples()
            connections: dict[str, int] = dict(iter(states))
        depths = {name: self._site.depth(name) for name in (FEEDBACK, INBOUND)}
        keys: Any = self._redis.dbsize()
        memory: Any = self._redis.info("memory")
        return Sample(
            at=at,
            ages=self._ages() | {"search": searches},
            depths=depths,
            connections=connections,
            redis_keys=keys,
            redis_bytes=memory["used_memory"],
            tables=tables,
            processes={name: _process(pid) for name, pid in self._site.processes().items()},
        )

    def close(self) -> None:
        """After the last look."""
        self._redis.close()
        self._client.close()

    def _ages(self) -> dict[str, float]:
        """By the workers' own `/metrics`."""
        found: dict[str, float] = {}
        for port in self._site.metrics.values():
            told = self._client.get(f"http://127.0.0.1:{port}/metrics").text
            found |= {queue: float(age) for queue, age in _OLDEST.findall(told)}
        return found


def _process(pid: int) -> OfProcess:
    here = Path(f"/proc/{pid}")
    files, threads = len(list((here / "fd").iterdir())), len(list((here / "task").iterdir()))
    return OfProcess(rss_bytes(pid), files, threads)
