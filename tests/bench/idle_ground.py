"""The whole system for the benchmark of an idle one, and what it tells of each message."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import httpx
import sqlalchemy as sa

from common import ids
from common.db import make_engine
from common.models import Organization, Webhook
from common.settings import Settings
from common.vault import Vault
from deploy.local import ports, product
from deploy.local.product import Wiring
from services.status.tags import MESSAGE_TAG
from tests.bench.accept_ground import Tenant, tenant
from tests.bench.deliver import hook_at
from tests.bench.ground import installation, process, whereabouts
from tests.waiting import eventually

EVENT: Final = "message.delivered"
EVENT_SECONDS: Final = 0.04
"""From SES's answer to its events: by then the sender has written down that it was sent."""

_ROOMS: Final = ("sender", "status", "webhooks")
_EVENTS: Final = sa.text("SELECT id, message_id FROM event WHERE type = :type")

Moments = dict[str, float]
"""Unix seconds, by the message's id."""


@dataclass(frozen=True, slots=True)
class System:
    """Running, with one tenant."""

    engine: sa.Engine
    api: int
    sender: Tenant
    aws_url: str
    endpoint_url: str

    def called(self) -> Moments:
        """When each message came to SES. It is told in whole milliseconds; the end of each."""
        posts = _told(f"{self.aws_url}/posts")
        return {one["tags"][MESSAGE_TAG]: _moment(one["at"]) + 0.001 for one in posts}

    def reported(self) -> Moments:
        """When each message's events were due in the queue; the beginning of the millisecond. That
        the double puts them there a little later counts as ours.
        """
        mails = _told(f"{self.aws_url}/sent?raw=false")
        return {
            one["tags"][MESSAGE_TAG]: _moment(one["acceptedAt"]) + EVENT_SECONDS for one in mails
        }

    def posted(self, count: int) -> Moments:
        """When each of the next `count` webhooks came to the endpoint."""
        came: Moments = {}

        def all_came() -> bool:
            came.update({event_id: at for at, event_id in _told(self.endpoint_url)})
            return len(came) >= count

        eventually(all_came, within=30)
        with self.engine.connect() as connection:
            rows = connection.execute(_EVENTS, {"type": EVENT}).all()
        of = {
            ids.encode(ids.EVENT, one.id): ids.encode(ids.MESSAGE, one.message_id) for one in rows
        }
        return {of[event_id]: at for event_id, at in came.items()}


def _told(url: str) -> Any:
    return httpx.get(url, trust_env=False).raise_for_status().json()


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def system(stack: ExitStack) -> System:
    """API, sender, status, webhooks, an endpoint and the AWS double, until `stack` is closed."""
    settings = installation(stack)
    api, endpoint = ports.free(2)
    wiring = replace(
        product.wire(api), database_url=settings.database_url, redis_url=settings.redis_url
    )
    engine = make_engine(settings)
    stack.callback(engine.dispose)
    url = f"http://{ports.LOOPBACK}:{endpoint}/"
    sender = tenant(engine)
    _listen(settings, engine, sender, url)
    env = product.environment({}, wiring) | whereabouts(settings)
    _start(stack, wiring, env, endpoint)
    delay = {"feedbackDelayMs": round(EVENT_SECONDS * 1000)}
    httpx.post(f"{wiring.aws_url}/faults", json=delay, trust_env=False).raise_for_status()
    return System(engine, api, sender, wiring.aws_url, url)


def _start(stack: ExitStack, wiring: Wiring, env: dict[str, str], endpoint: int) -> None:
    """The double first: the sender asks it for the account."""
    stack.enter_context(process("deploy.local.aws", "--port", str(wiring.aws_port)))
    _await(wiring.aws_port)
    stack.enter_context(process("tests.bench.receiver", str(endpoint)))
    stack.enter_context(process("services.api", **env))
    for room in _ROOMS:
        own = env | {"POSTROOM_METRICS_PORT": str(wiring.metrics_ports[room])}
        stack.enter_context(process(f"services.{room}", **own))
    _await(endpoint, wiring.api_port, *(wiring.metrics_ports[room] for room in _ROOMS))


def _await(*these: int) -> None:
    """Until each of the ports answers, which is when its process is ready."""
    for port in these:
        eventually(partial(ports.answers, port), within=60)


def _listen(settings: Settings, engine: sa.Engine, sender: Tenant, url: str) -> None:
    """The tenant's endpoint for what SES reports."""
    owner = Organization(id=sender.organization_id, name="bench")
    hook = hook_at(Vault.of(settings), owner, url)
    hook.events = [EVENT]
    with engine.begin() as connection:
        connection.execute(sa.insert(Webhook).values(hook.model_dump()))
