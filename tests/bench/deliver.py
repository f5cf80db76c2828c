"""How many webhooks a worker delivers a second, beside a bare loop of the same HTTP client.

The endpoints answer after 100 ms; 256 calls are in flight at one time in both. The worker claims,
signs, posts and records, at the database's default durability; the loop only posts. Both are
measured at the endpoint, from its first request to its last, in turns.
"""

from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

import httpx
import orjson
import sqlalchemy as sa

from common import events
from common.db import make_engine
from common.events import NewEvent
from common.models import Organization, Webhook
from common.settings import Settings
from common.vault import Vault
from deploy.local import ports
from tests.bench.ground import installation, process, whereabouts
from tests.bench.measure import ROUNDS, Bar, Figure, cpu_seconds, ratios
from tests.bench.posts import drive
from tests.waiting import eventually

COUNT = 12000  # webhooks of one turn
IN_FLIGHT = 256
ENDPOINTS = 50
BAR = Bar(0.7)
CPU_BAR = Bar(0.6, at_least=False)  # milliseconds
_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PAYLOAD = {"id": "msg_01m821p42zfptvfa95w4qgg817", "subject": "Hello", "text": "x" * 1000}


@dataclass(frozen=True, slots=True)
class Rate:
    """Webhooks a second, and CPU seconds of each."""

    a_second: float
    cpu: float


def main() -> list[Figure]:
    """The rate beside the bare loop's, and the CPU of a delivery."""
    bare, worker = _rounds()
    cpus = tuple(one.cpu * 1000 for one in worker)
    return [
        Figure(
            f"deliveries at 100 ms, {IN_FLIGHT} in flight, beside a bare loop of aiohttp",
            ratios([one.a_second for one in worker], [one.a_second for one in bare]),
            bar=BAR,
            told=f"{_median(worker)}; bare {_median(bare)}",
        ),
        Figure("CPU of a delivery", cpus, "ms", CPU_BAR, "from the first request on"),
    ]


def _rounds() -> tuple[list[Rate], list[Rate]]:
    """Of the bare loop and of the worker, in turns."""
    with ExitStack() as stack:
        settings = installation(stack)
        (port,) = ports.free(1)
        stack.enter_context(process("tests.bench.receiver", str(port)))
        eventually(lambda: ports.answers(port), within=30)
        url = f"http://127.0.0.1:{port}/"
        client = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        organization = _organization(settings, url)
        bare, worker = [], []
        for _ in range(ROUNDS):
            body = orjson.dumps(PAYLOAD)
            seconds, cpu = client.submit(drive, url, body, COUNT, IN_FLIGHT).result()
            httpx.get(url, trust_env=False)
            bare.append(Rate(COUNT / seconds, cpu / COUNT))
            worker.append(_worker(settings, organization, url))
    return bare, worker


def _median(rates: list[Rate]) -> str:
    a_second, cpu = (median(getattr(one, name) for one in rates) for name in ("a_second", "cpu"))
    return f"{a_second:,.0f}/s, {cpu * 1000:.2f} ms CPU each"


def _worker(settings: Settings, organization: Organization, url: str) -> Rate:
    _fill(settings, organization)
    here = whereabouts(settings) | {
        "POSTROOM_WEBHOOK_CONNECTIONS": str(IN_FLIGHT),
        "POSTROOM_WEBHOOK_ALLOW_PRIVATE": "true",
        "POSTROOM_METRICS_PORT": "0",
        "POSTROOM_LOG_LEVEL": "WARNING",
    }
    came: list[float] = []

    def come(count: int) -> bool:
        came.extend(at for at, _ in httpx.get(url, trust_env=False).json())
        return len(came) >= count

    with process("services.webhooks", **here) as child:
        eventually(lambda: come(1), within=120)
        before, begun = cpu_seconds(child.pid), len(came)
        eventually(lambda: come(COUNT), within=120)
        cpu = cpu_seconds(child.pid) - before
    return Rate(COUNT / (max(came) - min(came)), cpu / (COUNT - begun))


def _organization(settings: Settings, url: str) -> Organization:
    vault = Vault.of(settings)
    organization = Organization(name="bench")
    hooks = [hook_at(vault, organization, f"{url}{number}") for number in range(ENDPOINTS)]
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.insert(Organization).values(organization.model_dump()))
        connection.execute(sa.insert(Webhook).values([one.model_dump() for one in hooks]))
    engine.dispose()
    return organization


def hook_at(vault: Vault, owner: Organization, url: str) -> Webhook:
    """An endpoint, not written yet."""
    hook = Webhook(organization_id=owner.id, url=url, events=["message.sent"], secret="")
    hook.secret = vault.seal(_SECRET, hook.id)
    return hook


def _fill(settings: Settings, organization: Organization) -> None:
    """Deliveries that are due: each event for all endpoints."""
    told = [NewEvent(organization.id, "message.sent", PAYLOAD) for _ in range(COUNT // ENDPOINTS)]
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(*events.write(told))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE delivery, event, webhook"))
    engine.dispose()
