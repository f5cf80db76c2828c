"""Redis: whether it answers, and keeps what it is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import redis

from common import queue
from common.settings import Settings
from deploy.doctor.findings import Finding, Subject, error, ok, warning
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "redis",
    {
        "redis": "Redis answers.",
        "redis_eviction": "`maxmemory-policy` is `noeviction`.",
        "redis_persistence": "It writes to a disk: AOF, or snapshots.",
    },
)
_SECONDS: Final = 3.0
_MEND: Final = 'redis-cli -u "$REDIS_URL" CONFIG SET '


@dataclass(frozen=True, slots=True)
class Found:
    """Of INFO. None where the server does not say."""

    version: str
    policy: str | None
    is_kept: bool | None


def examine(world: World) -> Iterator[Finding]:
    found = look(world.settings)
    if isinstance(found, Finding):
        yield found
    else:
        yield from judge(found)


def look(settings: Settings) -> Found | Finding:
    client = queue.connect(settings, _SECONDS)
    try:
        told = client.info("all")
        saves = _saves(client)
    except (redis.RedisError, OSError, ValueError) as failure:
        says = f"Redis does not answer ({type(failure).__name__})."
        return error("redis", says, "Start it, or mend REDIS_URL and its password.")
    finally:
        client.close()
    aof = told.get("aof_enabled")
    kept = None if aof is None else bool(aof or saves)
    return Found(str(told.get("redis_version")), told.get("maxmemory_policy"), kept)


def _saves(client: "redis.Redis") -> bool:
    """Whether snapshots are asked for. Managed servers have no CONFIG."""
    try:
        return bool(client.config_get("save").get("save"))
    except redis.ResponseError:
        return False


def judge(found: Found) -> Iterator[Finding]:
    yield ok("redis", f"{found.version} answers.")
    if found.policy == "noeviction":
        yield ok("redis_eviction", "noeviction.")
    else:
        says = f"maxmemory-policy is {found.policy}: rings and the senders' pace can be evicted."
        yield warning("redis_eviction", says, _MEND + "maxmemory-policy noeviction")
    if found.is_kept:
        yield ok("redis_persistence", "It writes to its disk.")
    else:
        says = "It forgets all at a restart: no mail is lost, but hourly limits begin anew."
        yield warning("redis_persistence", says, _MEND + "appendonly yes")
