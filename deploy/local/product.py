"""The product's processes as `python -m services.X`, in an environment that reaches no real AWS."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local import ports
from deploy.local.children import Floor, Program
from deploy.local.state import ROOT

ACCOUNT: Final = "123456789012"  # of the AWS double
DEFAULT_PORT: Final = 8000
DEFAULT_DOMAIN: Final = "postroom.test"
SECRET_KEYS: Final = "local:bm8gc2VjcmV0OiBvZiBsb2NhbCBtb2RlIGFsb25lICE="  # noqa: S105
"""Everybody's, as the data is a developer's own."""
WORKERS: Final = ("sender", "status", "inbound", "webhooks")


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where everything is. Everything in it is decided before the first process starts."""

    api_port: int
    aws_port: int
    metrics_ports: Mapping[str, int]
    database_url: str = ""
    redis_url: str = ""

    @property
    def url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.api_port}"

    @property
    def aws_url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.aws_port}"

    def queue_url(self, name: str) -> str:
        return f"{self.aws_url}/{ACCOUNT}/{name}"


def wire(api_port: int) -> Wiring:
    aws, *metrics = ports.free(1 + len(WORKERS))
    return Wiring(api_port, aws, dict(zip(WORKERS, metrics, strict=True)))


def environment(inherited: Mapping[str, str], wiring: Wiring) -> dict[str, str]:
    """A person's own AWS profile, keys and proxy must not be used: all of AWS is the double."""
    env = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    loopback = ",".join(filter(None, [env.get("NO_PROXY"), ports.LOOPBACK, "localhost"]))
    return env | {
        "DATABASE_URL": wiring.database_url,
        "REDIS_URL": wiring.redis_url,
        "POSTROOM_PORT": str(wiring.api_port),
        "POSTROOM_AWS_URL": wiring.aws_url,
        "POSTROOM_FEEDBACK_QUEUE_URL": wiring.queue_url("postroom-feedback"),
        "POSTROOM_INBOUND_QUEUE_URL": wiring.queue_url("postroom-inbound"),
        "POSTROOM_DEFAULT_DOMAIN": DEFAULT_DOMAIN,
        "POSTROOM_WEBHOOK_ALLOW_PRIVATE": "true",
        "POSTROOM_SECRET_KEYS": env.get("POSTROOM_SECRET_KEYS", SECRET_KEYS),
        # Who tries out what a complaint does is no sender of spam.
        "POSTROOM_BRAKE": env.get("POSTROOM_BRAKE", "false"),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "PYTHONUNBUFFERED": "1",  # the last words of a child that dies are in its log
    }


def aws_double(
    env: Mapping[str, str], wiring: Wiring, logs: Path, *, loopback: str | None = None
) -> Program:
    """`loopback`: a domain whose inboxes can write to each other, by mail that comes in again."""
    again = ("--loopback", loopback) if loopback else ()
    arguments = ("deploy.local.aws", "--port", str(wiring.aws_port), *again)
    return _module("aws", arguments, env, logs, Floor.AWS)


def alembic(arguments: tuple[str, ...], env: Mapping[str, str], logs: Path) -> Program:
    return _module(f"alembic-{arguments[0]}", ("alembic", *arguments), env, logs)


def services(env: Mapping[str, str], wiring: Wiring, logs: Path) -> list[Program]:
    api = _module("api", ("services.api",), env, logs)
    workers = [
        _module(
            name,
            (f"services.{name}",),
            {**env, "POSTROOM_METRICS_PORT": str(wiring.metrics_ports[name])},
            logs,
        )
        for name in WORKERS
    ]
    return [api, *workers]


def _module(
    name: str,
    arguments: tuple[str, ...],
    env: Mapping[str, str],
    logs: Path,
    floor: Floor = Floor.SERVICE,
) -> Program:
    argv = (sys.executable, "-m", *arguments)
    return Program(name=name, argv=argv, log=logs / f"{name}.log", cwd=ROOT, env=env, floor=floor)
