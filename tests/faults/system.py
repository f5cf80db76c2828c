"""The whole product as real processes, with faults wherever two of them meet.

    harness --> api                    every worker --[proxy]--> Postgres, Redis, AWS
                                       (the harness itself asks them directly)

Leases and waits are short, so that what takes minutes in production takes seconds here.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

from deploy.local import ports, product
from deploy.local.product import Wiring
from services.sender.shared import LIVE_SECONDS
from tests.faults.double import FEEDBACK, Double
from tests.faults.processes import Nurseries, Process, Settings, process, variables
from tests.faults.proxy import Proxy, by, proxies
from tests.faults.servers import Ground, ground
from tests.waiting import eventually

SENDERS: Final = ("sender-1", "sender-2")
NAMES: Final = ("api", "sender-1", "sender-2", "status", "webhooks")
_READY_SECONDS: Final = 45
_REMEMBERED_SECONDS: Final = LIVE_SECONDS + 5


@dataclass(frozen=True, slots=True)
class Pace:
    """The clockwork of a system: seconds."""

    lease: float
    call: float  # to SES: to connect, and again to be answered
    grace: float
    tick: float
    rate: float  # recipients a second that SES takes
    jitter: float = 0  # by which a busy machine may bring calls together that were apart

    def settings(self) -> dict[str, object]:
        return {
            "send_lease_seconds": self.lease,
            "ses_connect_timeout_seconds": self.call,
            "ses_read_timeout_seconds": self.call,
            "ambiguous_grace_seconds": self.grace,
            "tick_seconds": self.tick,
            "delivery_lease_seconds": 4,
            "webhook_timeout_seconds": 1,
        }


SHORT: Final = Pace(lease=2.0, call=0.8, grace=0.5, tick=0.5, rate=50.0, jitter=0.4)
# Twice what the load needs: what is measured is how a fault is got over, not a queue behind it.
LONG: Final = Pace(lease=3.0, call=1.0, grace=2.0, tick=1.0, rate=200.0)

_USUAL: Final[Mapping[str, object]] = {
    "redis_prefix": "faults",
    "sends_per_hour": 100_000_000,
    "sender_processes": 2,
    "sender_threads": 8,
    "testing": "true",
    "log_format": "json",
}


@dataclass(frozen=True, slots=True)
class System:
    """Running, and well until an experiment does something about it."""

    url: str
    pace: Pace
    ground: Ground
    double: Double
    proxies: dict[str, Proxy]
    processes: dict[str, Process]
    launchers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    """When a process was last started anew, by `time.monotonic`."""

    @property
    def senders(self) -> list[Process]:
        return [self.processes[name] for name in SENDERS]

    @property
    def database_url(self) -> str:
        """Not by a proxy."""
        return self.ground.postgres.url

    def heal(self) -> None:
        """Every process runs as usual, and nothing stands in its way."""
        self.double.faults()
        self.double.account()
        for proxy in self.proxies.values():
            proxy.trouble()
            proxy.up()
        self.restart(
            *(
                name
                for name, one in self.processes.items()
                if not one.is_running or not one.is_as_usual(self.launchers.get(name, ()))
            )
        )

    def forget_dead_senders(self) -> None:
        """A sender that was killed keeps its share of the rate for a while, in Redis and in the
        memory of the living; without Redis that share is sent by nobody.
        """
        starts = [at for name, at in self.started.items() if name in SENDERS]
        if starts and time.monotonic() - max(starts) < _REMEMBERED_SECONDS:
            for one in self.senders:
                one.kill()
            self.ground.redis.empty()
            self.restart(*SENDERS)
            self.started.clear()

    @contextmanager
    def launched_by(self, launcher: tuple[str, ...], *names: str) -> Iterator[None]:
        """These processes start by a module of ours that changes something in them."""
        self.launchers.update(dict.fromkeys(names, launcher))
        try:
            yield
        finally:
            for name in names:
                del self.launchers[name]

    def restart(self, *names: str, settings: Settings | None = None) -> None:
        """Killed and started anew, side by side; ready on return."""
        for name in names:
            self.processes[name].start(settings or {}, self.launchers.get(name, ()))
            self.started[name] = time.monotonic()
        for name in names:
            self.processes[name].wait_until_ready()


@contextmanager
def system(pace: Pace, seed: int = 0) -> Iterator[System]:
    """Up and ready."""
    (api_port, aws_port) = ports.free(2)
    with ground() as under:
        supervisor, logs = under.supervisor, under.logs
        direct = Wiring(api_port, aws_port, {}, under.postgres.url, under.redis.url)
        env = product.environment(os.environ, direct)
        supervisor.start(product.aws_double(env, direct, logs))
        supervisor.run(product.alembic(("upgrade", "head"), env, logs))
        targets = {"postgres": under.postgres.port, "redis": under.redis.port, "aws": aws_port}
        with (
            proxies(seed, **targets) as made,
            httpx.Client(base_url=direct.aws_url, timeout=30, trust_env=False) as client,
        ):
            env = _environment(under, made, api_port) | variables(**pace.settings())
            eventually(lambda: ports.answers(aws_port), _READY_SECONDS, "the double of AWS")
            double = Double(client, pace.rate)
            double.account()
            nurseries = Nurseries(supervisor)
            running = {
                name: process(nurseries, name, env, logs, api_port if name == "api" else None)
                for name in NAMES
            }
            found = System(direct.url, pace, under, double, made, running)
            _wait(found)
            yield found


def _environment(under: Ground, made: Mapping[str, Proxy], api_port: int) -> dict[str, str]:
    wiring = Wiring(
        api_port,
        made["aws"].port,
        {},
        by(under.postgres.url, made["postgres"]),
        by(under.redis.url, made["redis"]),
    )
    return product.environment(os.environ, wiring) | variables(**_USUAL)


def _wait(found: System) -> None:
    # What a worker that was killed had received is shown again soon, not in 30 s.
    found.double.sqs("SetQueueAttributes", FEEDBACK, Attributes={"VisibilityTimeout": "3"})
    for one in found.processes.values():
        one.wait_until_ready()
