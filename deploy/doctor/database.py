"""Postgres: whether it answers, has the schema of this code, and what waits in it for too long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from common import checks
from common.checks import Standing
from common.db import Patience
from common.vault import Vault, VaultError
from deploy.doctor.findings import Finding, Subject, error, judged, ok, skipped, warning
from deploy.doctor.world import World
from services.sender.claims import OLDEST_WAITING as OLDEST_MESSAGE
from services.webhooks.claims import OLDEST_WAITING as OLDEST_DELIVERY

SUBJECT: Final = Subject(
    "database",
    {
        "database": "Postgres 15 or newer answers.",
        "schema": "Its schema is that of this code.",
        "secret_keys_stored": "Each webhook's secret was sealed with a key that is configured.",
        "sender": "No message has waited for more than a minute.",
        "webhooks": "No webhook call has waited for more than a minute.",
        "status_worker": "The status worker has lately read all feedback.",
        "feedback_arrives": "An event has come since the newest mail went out.",
        "organizations": "No organization is paused.",
    },
    needs=("settings",),
)
PATIENCE: Final = Patience(connect=3, statement=5, answer=7, pool=5)
OLDEST_SERVER: Final = 150000
LATE: Final = timedelta(minutes=1)
FAR_TOO_LATE: Final = timedelta(minutes=15)
_ROOT: Final = Path(__file__).resolve().parents[2]
_VERSION: Final = "SELECT current_setting('server_version_num')::int"
_REVISION: Final = "SELECT to_regclass('alembic_version')"
_KEYS: Final = """
SELECT DISTINCT split_part(sealed, '.', 2) FROM webhook, unnest(ARRAY[secret, old_secret]) sealed
WHERE deleted_at IS NULL AND sealed IS NOT NULL
"""
_NEWEST_DOMAIN: Final = """
SELECT split_part(lower(email), '@', 2) FROM inbox WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the tables say of the workers; ages are None where nothing waits, or never was."""

    key_ids: frozenset[str]
    message: timedelta | None
    delivery: timedelta | None
    standing: Standing
    newest_domain: str | None


def head() -> str | None:
    """The newest migration of this code."""
    config = Config(_ROOT / "alembic.ini")
    return ScriptDirectory.from_config(config).get_current_head()


def examine(world: World) -> Iterator[Finding]:
    try:
        with world.engine.connect() as connection:
            version = connection.execute(sa.text(_VERSION)).scalar_one()
            revision = _revision(connection)
            yield judge_version(version)
            yield checks.schema(revision, head())
            if revision != head():
                return
            waiting = look(connection)
    except sa.exc.SQLAlchemyError as failure:
        name = type(getattr(failure, "orig", None) or failure).__name__
        says = f"Postgres does not answer ({name})."
        yield error("database", says, "Start it, or mend DATABASE_URL and its password.")
        return
    world.status_age = waiting.standing.status
    world.domain = world.domain or waiting.newest_domain
    yield judge_keys(waiting.key_ids, world.settings.secret_keys)
    yield from judge(waiting)


def _revision(connection: sa.Connection) -> str | None:
    if connection.execute(sa.text(_REVISION)).scalar() is None:
        return None
    return connection.execute(sa.text("SELECT max(version_num) FROM alembic_version")).scalar()


def look(connection: sa.Connection) -> Waiting:
    """Of a database that has this code's schema."""

    def ask(query: str) -> Any:
        return connection.execute(sa.text(query)).scalar()

    row = connection.execute(sa.text(checks.STANDING)).mappings().one()
    return Waiting(
        key_ids=frozenset(connection.execute(sa.text(_KEYS)).scalars()),
        message=checks.age(ask(OLDEST_MESSAGE)),
        delivery=checks.age(ask(OLDEST_DELIVERY)),
        standing=Standing.of(dict(row)),
        newest_domain=ask(_NEWEST_DOMAIN),
    )


def judge_version(version: int) -> Finding:
    return judged(
        "database",
        version >= OLDEST_SERVER,
        f"Postgres {version // 10000}.{version % 10000} answers.",
        f"Postgres {version // 10000} is too old: 15 is the oldest that will do.",
        "Move to Postgres 15 or newer.",
    )


def judge_keys(key_ids: frozenset[str], keys: str | None) -> Finding:
    try:
        known = set(Vault.with_keys(keys or "").keys)
    except VaultError:
        return skipped("secret_keys_stored", "secret_keys")
    lost = sorted(key_ids - known)
    return judged(
        "secret_keys_stored",
        not lost,
        "All secrets can be opened.",
        f"No configured key opens what was sealed with: {', '.join(lost)}.",
        "Put those keys back into POSTROOM_SECRET_KEYS; then: python -m deploy.secrets",
    )


def judge(found: Waiting) -> Iterator[Finding]:
    yield _judge_age("sender", "message", found.message)
    yield _judge_age("webhooks", "webhook call", found.delivery)
    yield from checks.standing(found.standing)


def _judge_age(code: str, noun: str, age: timedelta | None) -> Finding:
    if age is None or age < LATE:
        return ok(code, f"No {noun} is late.")
    say = error if age > FAR_TOO_LATE else warning
    return say(code, f"The oldest {noun} has waited for {age}.", f"python -m services.{code}")
