"""What a benchmark stands on: a fresh database, and processes beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO

from common.settings import Settings
from deploy.local import databases, places, product
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import of_checkout
from deploy.local.supervisor import Supervisor


def installation(stack: ExitStack) -> Settings:
    """A fresh database, on the environment's servers or on ones of our own."""
    place = stack.enter_context(places.temporary(of_checkout({}).folder, lasting=True))
    supervisor = stack.enter_context(Supervisor(Progress(StringIO())))
    servers = Servers(lambda: place, supervisor)
    server, redis = servers.postgres().url, servers.redis().url
    url = stack.enter_context(databases.temporary(server))
    env = {**os.environ, "DATABASE_URL": url}
    supervisor.run(product.alembic(("upgrade", "head"), env, place.logs))
    prefix = databases.name_of(url)
    return Settings(
        database_url=url,
        redis_url=redis,
        redis_prefix=prefix,
        secret_keys=product.SECRET_KEYS,
    )


@contextmanager
def process(
    module: str, *arguments: str, **environment: str
) -> "Iterator[subprocess.Popen[bytes]]":
    argv = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(  # noqa: S603 - our own module
        argv, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(15)


def whereabouts(settings: Settings) -> dict[str, str]:
    """The environment in which a process finds them."""
    return {
        "DATABASE_URL": settings.database_url.replace("+psycopg", "", 1),
        "REDIS_URL": settings.redis_url,
        "POSTROOM_REDIS_PREFIX": settings.redis_prefix,
        "POSTROOM_SECRET_KEYS": product.SECRET_KEYS,
    }
