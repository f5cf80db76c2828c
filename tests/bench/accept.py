"""How many messages the API accepts a second, beside a bare FastAPI route with the same body.

The ratio is what carries over to another machine; the figures a second drift with its mood. Both
servers are up all the time, and are driven in turns by one client process with 32 connections.
The database is at its default durability: an accepted message has been flushed.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

import orjson
import sqlalchemy as sa

from common import ids
from common.db import make_engine
from common.models import Inbox
from common.settings import Settings
from deploy.local import ports
from services.api import keys
from tests.bench.client import CONNECTIONS, drive
from tests.bench.ground import installation, process, whereabouts
from tests.waiting import eventually

ROUNDS = 3
SECONDS = 1.0  # of one turn

LINE = "The quick brown fox jumps over the lazy dog, as it has done for years now. "
BODY = orjson.dumps(
    {
        "to": ["Jane Doe <jane.doe@customer.example>"],
        "subject": "Your order 4711 is on its way",
        "text": LINE * 13,
        "html": f"<html><body><p>{LINE * 13}</p></body></html>",
        "labels": ["orders"],
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """A port, and the beginning of each request to it."""

    port: int
    head: str


def main() -> None:
    """Print one line."""
    with ExitStack() as stack:
        targets = _targets(stack)
        client = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for seconds in (0.5, *[SECONDS] * ROUNDS):  # the first turn warms everybody up
            for name, target in targets.items():
                rate = client.submit(drive, target.port, target.head, BODY, seconds).result()
                rates[name].append(rate)
    bare, accept, keyed = (median(rates[name][1:]) for name in ("bare", "accept", "keyed"))
    sys.stdout.write(
        f"accept, {CONNECTIONS} connections, {len(BODY):,} bytes: {accept:,.0f}/s"
        f" (with Idempotency-Key {keyed:,.0f}/s); bare FastAPI route with the same body:"
        f" {bare:,.0f}/s; ratio {accept / bare:.2f} (with key {keyed / bare:.2f})\n"
    )


def _targets(stack: ExitStack) -> dict[str, Target]:
    settings = installation(stack)
    key, inbox_id = _tenant(settings)
    bare, api = ports.free(2)
    stack.enter_context(process("tests.bench.bare", str(bare)))
    where = whereabouts(settings) | {"POSTROOM_PORT": str(api)}
    stack.enter_context(process("services.api", **where))
    for port in (bare, api):
        eventually(lambda port=port: ports.answers(port), within=30)  # type: ignore[misc]
    path = f"/v1/inboxes/{inbox_id}/messages/send"
    head = f"POST {path} HTTP/1.1\r\nAuthorization: Bearer {key}\r\n"
    return {
        "bare": Target(bare, "POST /send HTTP/1.1\r\n"),
        "accept": Target(api, head),
        "keyed": Target(api, f"{head}Idempotency-Key: {{n}}\r\n"),
    }


def _tenant(settings: Settings) -> tuple[str, str]:
    """The key and the inbox of an organization that may send as much as it can."""
    engine = make_engine(settings)
    with engine.begin() as connection:
        organization_id, key = keys.create_organization(connection, "bench", 100_000_000)
        inbox = Inbox(organization_id=organization_id, email="shop@bench.example", name="Shop")
        connection.execute(sa.insert(Inbox).values(inbox.model_dump()))
    engine.dispose()
    return key, ids.encode(ids.INBOX, inbox.id)
