"""The whole product, brought up step by step, each step said as it happens."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import httpx

from deploy.local import places, ports, product, tenant
from deploy.local.children import Child
from deploy.local.errors import CannotStartError
from deploy.local.journey import Arrived, Journey
from deploy.local.product import DEFAULT_PORT, Wiring
from deploy.local.receiver import listening
from deploy.local.servers import Servers
from deploy.local.state import State, retire_env
from deploy.local.supervisor import Supervisor
from deploy.local.tenant import Tenant

READY_SECONDS: Final = 60.0
HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class System:
    """Everything is up and has a tenant to work for."""

    wiring: Wiring
    tenant: Tenant
    supervisor: Supervisor

    def journey(self) -> Arrived:
        with tenant.client(self.wiring.url, self.tenant.api_key) as client, listening() as receiver:
            return Journey(client, receiver, self.supervisor).travel()

    def as_environment(self) -> dict[str, str]:
        return {
            "POSTROOM_URL": self.wiring.url,
            "POSTROOM_API_KEY": self.tenant.api_key,
            "POSTROOM_ORGANIZATION_ID": self.tenant.organization_id,
            "POSTROOM_AWS_URL": self.wiring.aws_url,
            "DATABASE_URL": self.wiring.database_url,
            "REDIS_URL": self.wiring.redis_url,
        }


def bring_up(
    state: State, supervisor: Supervisor, inherited: Mapping[str, str] = os.environ
) -> System:
    say = supervisor.progress.say
    retire_env(state)
    wiring = product.wire(choose_port(supervisor, inherited))
    # First of all, and not waited for: it takes the longest to import.
    env = product.environment(inherited, wiring)
    double = supervisor.start(
        product.aws_double(env, wiring, state.logs, loopback=product.DEFAULT_DOMAIN)
    )
    supervisor.keep(double)
    wiring = _servers(state, supervisor, wiring)
    env = product.environment(inherited, wiring)
    supervisor.run(product.alembic(("upgrade", "head"), env, state.logs))
    say("database migrated")
    supervisor.wait("the AWS double is up", lambda: _answers(f"{wiring.aws_url}/health"))
    say(f"AWS double up at {wiring.aws_url}")
    _services(state, supervisor, wiring, env)
    return System(wiring, _tenant(state, supervisor, wiring, env), supervisor)


def choose_port(supervisor: Supervisor, environment: Mapping[str, str]) -> int:
    """The port asked for, or none; without one asked for, 8000 or any that is free."""
    asked = environment.get("POSTROOM_PORT", "")
    if asked and not (asked.isascii() and asked.isdigit() and int(asked) <= HIGHEST_PORT):
        raise CannotStartError(f"POSTROOM_PORT={asked} is no port number")
    wanted = int(asked or DEFAULT_PORT)
    if wanted and _take(wanted, supervisor):
        return wanted
    if asked and wanted:
        raise CannotStartError(
            f"POSTROOM_PORT={wanted} is taken by another program; name a free one"
        )
    port = ports.free()[0]
    if wanted:
        supervisor.progress.say(
            f"port {wanted} is taken: using {port} (POSTROOM_PORT names another)"
        )
    return port


def _take(port: int, supervisor: Supervisor) -> bool:
    claim = ports.claim(port)
    if claim is None:
        return False
    supervisor.at_the_end(claim.close)
    return ports.is_free(port)


def _servers(state: State, supervisor: Supervisor, wiring: Wiring) -> Wiring:
    servers = Servers(partial(places.durable, state.folder), supervisor)
    redis, postgres = servers.redis(), servers.postgres()
    supervisor.progress.say(f"servers up: {postgres.origin}, {redis.origin}")
    return replace(wiring, database_url=postgres.url, redis_url=redis.url)


def _services(state: State, supervisor: Supervisor, wiring: Wiring, env: Mapping[str, str]) -> None:
    children: list[Child] = []
    for program in product.services(env, wiring, state.logs):
        children.append(supervisor.start(program))
        supervisor.keep(children[-1])
    names = ", ".join(child.program.name for child in children)
    supervisor.progress.say(f"started {names}")
    supervisor.wait("the API is ready", lambda: _answers(f"{wiring.url}/readyz"), READY_SECONDS)
    for name, port in wiring.metrics_ports.items():
        supervisor.wait(f"{name} is ready", partial(ports.answers, port), READY_SECONDS)
    supervisor.progress.say(f"ready (logs in {state.logs})")


def _tenant(state: State, supervisor: Supervisor, wiring: Wiring, env: Mapping[str, str]) -> Tenant:
    known = tenant.last(state, wiring.url)
    found = known or tenant.make(env, supervisor)
    origin = "the last run's" if known else "new"
    supervisor.progress.say(f"organization {found.organization_id} and key ({origin})")
    return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
