"""The whole product as real processes, with customers: for the soak, and for big messages."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import sqlalchemy as sa

from common import ids
from common.db import make_engine
from common.models import Inbox, Organization, Webhook
from common.settings import Settings
from common.vault import Vault
from deploy.local import ports, product
from services.api import keys
from tests.bench.deliver import hook_at
from tests.bench.ground import installation, process, whereabouts
from tests.waiting import eventually

MOST_AN_HOUR: Final = 100_000_000  # counted all the same
ENDED: Final = ("message.delivered", "message.bounced", "message.received")
"""One of these is told once of every message to one recipient, and of every mail that came in."""
BEFORE: Final = ("message.sent", "message.rejected", "message.held")


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization with an inbox. `path`: of the inbox's messages."""

    organization_id: UUID
    headers: Mapping[str, str]
    email: str
    path: str


@dataclass(frozen=True, slots=True)
class Site:
    """Running. `pids`, `metrics` (ports): by the service's name. `hooks`: where webhooks go."""

    engine: sa.Engine
    settings: Settings
    api_url: str
    aws_url: str
    hooks: str
    pids: Mapping[str, int]
    metrics: Mapping[str, int]
    customers: tuple[Customer, ...]

    def processes(self) -> dict[str, int]:
        """Those of the product that there are now, with the children of each (`inbound/1`)."""
        found = dict(self.pids)
        for name, pid in self.pids.items():
            numbered = enumerate(children_of(pid), 1)
            found |= {f"{name}/{number}": child for number, child in numbered}
        return found

    def depth(self, queue: str) -> int:
        """Messages in a queue of SQS, those that are in hand too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        body = {"QueueUrl": f"{self.aws_url}/{product.ACCOUNT}/{queue}", "AttributeNames": names}
        headers = {
            "X-Amz-Target": "AmazonSQS.GetQueueAttributes",
            "Content-Type": "application/x-amz-json-1.0",
        }
        answer = httpx.post(self.aws_url, json=body, headers=headers, trust_env=False)
        told: dict[str, str] = answer.raise_for_status().json()["Attributes"]
        return sum(int(told[name]) for name in names)


def children_of(pid: int) -> list[int]:
    """Processes that it has started and that are still there (proc(5))."""
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def site(stack: ExitStack, count: int, **environment: str) -> Site:
    """Up until `stack` is closed, with `count` customers."""
    settings = installation(stack)
    (api, hooks) = ports.free(2)
    wiring = replace(
        product.wire(api), database_url=settings.database_url, redis_url=settings.redis_url
    )
    engine = make_engine(settings)
    stack.callback(engine.dispose)
    url = f"http://{ports.LOOPBACK}:{hooks}"
    customers = tuple(_customers(engine, settings, url, count))
    env = product.environment({}, wiring) | whereabouts(settings) | environment
    _start(stack, wiring.aws_port, "deploy.local.aws", "--port", str(wiring.aws_port))
    _start(stack, hooks, "tests.bench.soak_receiver", str(hooks))
    pids = {"api": _start(stack, api, "services.api", **env)}
    for name, port in wiring.metrics_ports.items():
        own = env | {"POSTROOM_METRICS_PORT": str(port)}
        pids[name] = _start(stack, port, f"services.{name}", **own)
    return Site(
        engine, settings, wiring.url, wiring.aws_url, url, pids, wiring.metrics_ports, customers
    )


def _start(stack: ExitStack, port: int, module: str, *arguments: str, **environment: str) -> int:
    """The process's id; ready."""
    child = stack.enter_context(process(module, *arguments, **environment))
    eventually(lambda: ports.answers(port), within=60)
    return child.pid


def _customers(engine: sa.Engine, settings: Settings, url: str, count: int) -> Iterator[Customer]:
    vault = Vault.of(settings)
    for number in range(count):
        with engine.begin() as connection:
            yield _customer(connection, vault, url, number)


def _customer(connection: sa.Connection, vault: Vault, url: str, number: int) -> Customer:
    """With one endpoint for ends, and one for what comes before."""
    owner, key = keys.create_organization(connection, f"soak {number}", MOST_AN_HOUR)
    inbox = Inbox(organization_id=owner, email=f"shop-{number}@{product.DEFAULT_DOMAIN}")
    connection.execute(sa.insert(Inbox).values(inbox.model_dump()))
    for path, kinds in (("ended", ENDED), ("before", BEFORE)):
        connection.execute(sa.insert(Webhook).values(_hook(vault, owner, f"{url}/{path}", kinds)))
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    path = f"/v1/inboxes/{ids.encode(ids.INBOX, inbox.id)}/messages"
    return Customer(owner, headers, inbox.email, path)


def _hook(vault: Vault, owner: UUID, url: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    hook = hook_at(vault, Organization(id=owner, name="soak"), url)
    hook.events = list(kinds)
    return hook.model_dump()
