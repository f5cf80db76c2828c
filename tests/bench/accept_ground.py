"""What the benchmark of the accept stands on: its servers, its tenant, its request."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from common import ids
from common.db import make_engine
from common.models import Inbox
from common.settings import Settings
from deploy.local import ports
from services.api import keys
from tests.bench.client import Target
from tests.bench.ground import installation, process, whereabouts
from tests.waiting import eventually

MOST_AN_HOUR: Final = 100_000_000  # counted all the same

_LINE: Final = "The quick brown fox jumps over the lazy dog, as it has done for years now. "
BODY: Final = orjson.dumps(
    {
        "to": ["Jane Doe <jane.doe@customer.example>"],
        "subject": "Your order 4711 is on its way",
        "text": _LINE * 13,
        "html": f"<html><body><p>{_LINE * 13}</p></body></html>",
        "labels": ["orders"],
    }
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization that may send as much as it can. `path`: where its inbox sends from."""

    organization_id: UUID
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class Ground:
    """One bare server and one API process, both up. `head`: how a send begins."""

    settings: Settings
    engine: sa.Engine
    bare: int
    api: int
    head: str
    pids: dict[int, int]
    """By their ports."""

    @property
    def bare_route(self) -> Target:
        """The same body, and nothing behind it."""
        return Target((self.bare,), "POST /send HTTP/1.1\r\n", BODY)

    @property
    def plain(self) -> Target:
        """A send without an Idempotency-Key."""
        return Target((self.api,), self.head, BODY)

    def keyed(self, *others: int) -> Target:
        """A send with everything on; `others`: more ports of the API."""
        return Target((self.api, *others), f"{self.head}Idempotency-Key: {{n}}\r\n", BODY)

    @contextmanager
    def another(self) -> Iterator[int]:
        """The port of one more API process."""
        with ExitStack() as stack:
            port, _ = _api(stack, self.settings)
            yield port

    def forget_words(self) -> None:
        """What the indexer has not done by now it shall not do in the next turn, which may be
        somebody else's.
        """
        with self.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM search WHERE document IS NULL"))


def ground(stack: ExitStack) -> Ground:
    """Up until `stack` is closed."""
    settings = installation(stack)
    engine = make_engine(settings)
    stack.callback(engine.dispose)
    owner = tenant(engine)
    (bare,) = ports.free(1)
    child = stack.enter_context(process("tests.bench.bare", str(bare)))
    api, pid = _api(stack, settings)
    eventually(lambda: ports.answers(bare), within=30)
    head = f"POST {owner.path} HTTP/1.1\r\nAuthorization: Bearer {owner.key}\r\n"
    return Ground(settings, engine, bare, api, head, {bare: child.pid, api: pid})


def tenant(engine: sa.Engine) -> Tenant:
    """With one inbox."""
    with engine.begin() as connection:
        organization_id, key = keys.create_organization(connection, "bench", MOST_AN_HOUR)
        inbox = Inbox(organization_id=organization_id, email="shop@bench.example", name="Shop")
        connection.execute(sa.insert(Inbox).values(inbox.model_dump()))
    path = f"/v1/inboxes/{ids.encode(ids.INBOX, inbox.id)}/messages/send"
    return Tenant(organization_id, key, path)


def _api(stack: ExitStack, settings: Settings) -> tuple[int, int]:
    """Port and process id; ready."""
    (port,) = ports.free(1)
    where = whereabouts(settings) | {"POSTROOM_PORT": str(port)}
    child = stack.enter_context(process("services.api", **where))
    eventually(lambda: ports.answers(port), within=30)
    return port, child.pid
