"""What bombs do to the mail of others.

50 ordinary mails a second come in, each to an inbox of its own; in every other turn a bomb comes
with every tenth of them: the five of facts.md section 4. Measured is the time from SES's door to
the NOTIFY of the commit, of the ordinary ones, through the real worker and its parsers.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from statistics import median
from uuid import UUID

import httpx
import psycopg
import sqlalchemy as sa

from common.db import make_engine
from common.models import Inbox, Organization
from common.settings import Settings
from deploy.local import ports, product
from services.inbound.store import RECEIVED
from tests.bench.ground import installation, process, whereabouts
from tests.bench.measure import ROUNDS, Bar, Figure, percentile, ratios
from tests.waiting import eventually

SECONDS = 10.0  # of one turn
A_SECOND = 50
BOMB_EVERY = 10
BAR = Bar(1.2, at_least=False)
_TEXT = "On its way.\n" * 40


def main() -> list[Figure]:
    """By how much bombs make the mail of others wait longer."""
    with ExitStack() as stack:
        settings = installation(stack)
        aws_port, metrics = ports.free(2)
        stack.enter_context(process("deploy.local.aws", "--port", str(aws_port)))
        eventually(lambda: ports.answers(aws_port), within=30)
        url = f"http://127.0.0.1:{aws_port}"
        stack.enter_context(process("services.inbound", **_environment(settings, url, metrics)))
        eventually(lambda: ports.answers(metrics), within=30)
        _turn(settings, url, bombs=False)  # what is slow once
        well, bombed = [], []
        for _ in range(ROUNDS):
            well.append(_turn(settings, url, bombs=False))
            bombed.append(_turn(settings, url, bombs=True))
    told = f"p99 {median(bombed) * 1000:.0f} ms; without: {median(well) * 1000:.0f} ms"
    name = f"{A_SECOND} mails a second with {A_SECOND // BOMB_EVERY} bombs: p99 beside without"
    return [Figure(name, ratios(bombed, well), bar=BAR, told=told)]


def _environment(settings: Settings, url: str, metrics: int) -> dict[str, str]:
    return whereabouts(settings) | {
        "POSTROOM_AWS_URL": url,
        "POSTROOM_INBOUND_QUEUE_URL": f"{url}/{product.ACCOUNT}/postroom-inbound",
        "POSTROOM_METRICS_PORT": str(metrics),
        "POSTROOM_LOG_LEVEL": "WARNING",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "PATH": os.environ["PATH"],
    }


def _turn(settings: Settings, url: str, *, bombs: bool) -> float:
    """Seconds, p99."""
    inboxes = _inboxes(settings)
    sent, heard = asyncio.run(_load(settings, url, inboxes, bombs=bombs))
    return percentile((heard[one] - at for one, at in sent.items()), 0.99)


def _inboxes(settings: Settings) -> list[Inbox]:
    """One for each mail, and a last one for the bombs."""
    owner = Organization(name="bench")
    made = [
        Inbox(organization_id=owner.id, email=f"{number}-{owner.id.hex}@postroom.test")
        for number in range(int(SECONDS * A_SECOND) + 1)
    ]
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.insert(Organization).values(owner.model_dump()))
        connection.execute(sa.insert(Inbox).values([one.model_dump() for one in made]))
    engine.dispose()
    return made


Moments = dict[UUID, float]


async def _load(
    settings: Settings, url: str, inboxes: list[Inbox], *, bombs: bool
) -> tuple[Moments, Moments]:
    """When the mail of each inbox was handed over, and when it was heard of."""
    *ordinary, target = inboxes
    sent: Moments = {}
    made = _bombs()
    database = settings.database_url.replace("+psycopg", "", 1)
    async with (
        httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client,
        await psycopg.AsyncConnection.connect(database, autocommit=True) as listener,
    ):
        await listener.execute(f"LISTEN {RECEIVED}")
        hearing = asyncio.create_task(_hear(listener, {one.id for one in ordinary}))
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, inbox in enumerate(ordinary):
                await asyncio.sleep(began + number / A_SECOND - time.monotonic())
                sent[inbox.id] = time.monotonic()
                group.create_task(_post(client, inbox, _mail(number)))
                if bombs and number % BOMB_EVERY == 0:
                    group.create_task(_post(client, target, next(made)))
        async with asyncio.timeout(60):
            return sent, await hearing


async def _hear(listener: psycopg.AsyncConnection, awaited: set[UUID]) -> Moments:
    heard: Moments = {}
    async for told in listener.notifies():
        if (inbox_id := UUID(told.payload)) in awaited:
            heard[inbox_id] = time.monotonic()
            if len(heard) == len(awaited):
                break
    return heard


async def _post(client: httpx.AsyncClient, inbox: Inbox, raw: bytes) -> None:
    asked = {"to": inbox.email, "from": "jane@customer.example"}
    (await client.post("/inbound", params=asked, content=raw)).raise_for_status()


def _mail(number: int) -> bytes:
    head = f"From: Jane <jane@customer.example>\r\nSubject: Question {number}\r\n"
    return f"{head}Message-ID: <{number}@customer.example>\r\n\r\n{_TEXT}".encode()


def _bombs() -> Iterator[bytes]:
    """An encoded subject of 437 KiB, 16,000 addresses, 16,000 parameters, 100,000 parts, 2,000
    parts in each other.
    """
    head = b"From: jo@example.com\r\n"
    type_ = b"Content-Type: multipart/mixed; boundary=x"
    nested = b"".join(type_ + b"%d\r\n\r\n--x%d\r\n" % (n, n) for n in range(2000))
    return cycle(
        [
            head + b"Subject: " + b"=?utf-8?q?a?= \r\n " * 26_000 + b"\r\n\r\n",
            head + b"To: " + b", ".join(b"a%d@x.example" % n for n in range(16_000)) + b"\r\n\r\n",
            head + b"Content-Type: text/plain" + b"; a=b" * 16_000 + b"\r\n\r\n",
            head + type_ + b"\r\n\r\n" + b"--x\r\n\r\n" * 100_000,
            head + nested,
        ]
    )
