"""What one endpoint that hangs does to the webhooks of the others.

50 organizations have an endpoint each, and an event every quarter of a second. In every other turn
one of the endpoints never answers, so that each call of it lasts 15 s. Measured is the time from
the event to the call of the other 49.
"""

import time
from contextlib import ExitStack
from statistics import median

import httpx
import sqlalchemy as sa

from common import events, ids
from common.db import make_engine
from common.events import NewEvent
from common.models import Organization, Webhook
from common.queue import WEBHOOKS, Doorbell
from common.settings import Settings
from common.vault import Vault
from deploy.local import ports
from tests.bench.deliver import PAYLOAD, hook_at
from tests.bench.ground import installation, process, whereabouts
from tests.bench.measure import ROUNDS, Bar, Figure, percentile, ratios
from tests.waiting import eventually

SECONDS = 10.0  # of one turn
ENDPOINTS = 50
SET = 10  # events at one time
EVERY_SECONDS = 0.05
BAR = Bar(1.2, at_least=False)


def main() -> list[Figure]:
    """By how much one endpoint that hangs makes the others wait longer."""
    with ExitStack() as stack:
        settings = installation(stack)
        (port,) = ports.free(1)
        stack.enter_context(process("tests.bench.receiver", str(port)))
        eventually(lambda: ports.answers(port), within=30)
        url = f"http://127.0.0.1:{port}/"
        well, hung = [], []
        for _ in range(ROUNDS):
            well.append(_turn(settings, url, hangs=False))
            hung.append(_turn(settings, url, hangs=True))
    told = f"p99 {median(hung) * 1000:.0f} ms; none hangs: {median(well) * 1000:.0f} ms"
    name = f"one of {ENDPOINTS} endpoints hangs: the others' p99 beside what it is without"
    return [Figure(name, ratios(hung, well), bar=BAR, told=told)]


def _turn(settings: Settings, url: str, *, hangs: bool) -> float:
    """Seconds, p99, of a worker of its own and organizations of its own."""
    owners = _organizations(settings, url, hangs=hangs)
    here = whereabouts(settings) | {
        "POSTROOM_WEBHOOK_ALLOW_PRIVATE": "true",
        "POSTROOM_METRICS_PORT": str(ports.free(1)[0]),
        "POSTROOM_LOG_LEVEL": "WARNING",
    }
    metrics = int(here["POSTROOM_METRICS_PORT"])
    with process("services.webhooks", **here) as child:
        eventually(lambda: ports.answers(metrics), within=30)
        made = _load(settings, owners)
        came: dict[str, float] = {}

        def all_came() -> bool:
            came.update({one: at for at, one in httpx.get(url, trust_env=False).json()})
            return made.keys() <= came.keys()

        eventually(all_came, within=60)
        child.kill()  # what hangs is not waited for
    return percentile((came[one] - at for one, at in made.items()), 0.99)


def _organizations(settings: Settings, url: str, *, hangs: bool) -> list[Organization]:
    """The first one's endpoint is the one that may hang."""
    vault = Vault.of(settings)
    owners = [Organization(name=f"bench {number}") for number in range(ENDPOINTS)]
    places = ["hang" if hangs else "0", *map(str, range(1, ENDPOINTS))]
    hooks = [hook_at(vault, one, url + at) for one, at in zip(owners, places, strict=True)]
    engine = make_engine(settings)
    with engine.begin() as connection:
        # What the turn before has left is nobody's.
        connection.execute(sa.text("UPDATE delivery SET state = 'cancelled'"))
        connection.execute(sa.insert(Organization).values([one.model_dump() for one in owners]))
        connection.execute(sa.insert(Webhook).values([one.model_dump() for one in hooks]))
    engine.dispose()
    return owners


def _load(settings: Settings, owners: list[Organization]) -> dict[str, float]:
    """When each event was made, of all but the first organization."""
    engine, doorbell = make_engine(settings), Doorbell(settings)
    made: dict[str, float] = {}
    began = time.monotonic()
    sets = int(SECONDS / EVERY_SECONDS)
    for number in range(sets):
        time.sleep(max(0.0, began + number * EVERY_SECONDS - time.monotonic()))
        at = number * SET
        whose = [owners[(at + place) % ENDPOINTS] for place in range(SET)]
        told = [NewEvent(owner.id, "message.sent", PAYLOAD) for owner in whose]
        with engine.begin() as connection:
            connection.execute(*events.write(told))
        doorbell.ring(WEBHOOKS)
        now = time.time()
        made |= {
            ids.encode(ids.EVENT, one.id): now
            for one in told
            if one.organization_id != owners[0].id
        }
    doorbell.close()
    engine.dispose()
    return made
