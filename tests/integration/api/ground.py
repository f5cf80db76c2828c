"""A Postgres or a Redis of a test's own, which it may stop, kill and start again."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO

import psycopg
import redis
from psycopg import sql

from deploy.local import databases, places, product
from deploy.local.children import Child
from deploy.local.places import Place
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import of_checkout
from deploy.local.supervisor import Supervisor
from tests.processes import descendants


@dataclass(frozen=True, slots=True)
class Server:
    """With whatever processes it is made of."""

    url: str
    child: Child

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It keeps its connections, takes new ones, and never answers."""
        self._send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._send(signal.SIGCONT)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Ended without a farewell (`pg_ctl stop -m immediate`), started again afterwards; Postgres
        then has its log to read before it answers.
        """
        self.child.process.send_signal(signal.SIGQUIT)
        self.child.process.wait(10)
        try:
            yield
        finally:
            self.child.restart()

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """A Redis that knows nothing any more."""
        with redis.Redis.from_url(self.url) as connection:
            connection.flushall()
            connection.script_flush()
        yield

    def _send(self, number: signal.Signals) -> None:
        main = self.child.process.pid
        os.kill(main, number)  # first: stopped, it makes no more children
        for pid in descendants(main):
            with suppress(ProcessLookupError):  # one that ends by itself, once it may
                os.kill(pid, number)


@contextmanager
def own_postgres() -> Iterator[Server]:
    """With the schema, and nothing in it."""
    with _place() as (place, supervisor):
        url = Servers(lambda: place, supervisor, {}).postgres().url
        server = Server(url, supervisor.children[-1])
        env = {**os.environ, "DATABASE_URL": url}
        supervisor.run(product.alembic(("upgrade", "head"), env, place.logs))
        # What a server of the tests has confirmed is gone when it is killed; here it must not be.
        with psycopg.connect(url) as connection:
            on = sql.SQL("ALTER DATABASE {} SET synchronous_commit = on")
            connection.execute(on.format(sql.Identifier(databases.name_of(url))))
        yield server


@contextmanager
def own_redis() -> Iterator[Server]:
    with _place() as (place, supervisor):
        url = Servers(lambda: place, supervisor, {}).redis().url
        yield Server(url, supervisor.children[-1])


@contextmanager
def _place() -> Iterator[tuple[Place, Supervisor]]:
    with (
        places.temporary(of_checkout({}).folder) as place,
        Supervisor(Progress(StringIO())) as supervisor,
    ):
        yield place, supervisor
