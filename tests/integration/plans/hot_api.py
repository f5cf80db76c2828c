"""What callers of the API do often, each done once over HTTP."""

from typing import Final
from uuid import UUID

import httpx
import sqlalchemy as sa

from common import ids
from common.models import ApiKey
from common.settings import Settings
from services.api import keys
from tests.integration.api.mailing import Box, told
from tests.integration.api.serving import served
from tests.integration.plans import hot_narrow
from tests.integration.plans.asking import get

_BIG: Final = "SELECT organization_id, id, email FROM inbox ORDER BY id LIMIT 1"
SEARCHES: Final = (
    "please",  # in every message
    "w3",  # in one of twenty
    "77",  # in one
    '"All of these"',
    '"order 77"',
    "label:orders",
    "please label:orders",
    "is:sent after:2025-10-01",
    "is:bounced",
)


def key_of(engine: sa.Engine, organization_id: UUID) -> str:
    """A new one."""
    key = keys.make(organization_id, "plans")
    with engine.begin() as connection:
        connection.execute(sa.insert(ApiKey).values(**key.row))
    return key.text


def callers(engine: sa.Engine, settings: Settings) -> None:
    with engine.connect() as connection:
        organization_id, inbox_id, email = connection.execute(sa.text(_BIG)).one()
    headers = {"authorization": f"Bearer {key_of(engine, organization_id)}"}
    own = settings.model_copy(update={"default_domain": "new.test"})
    with served(own) as url, httpx.Client(base_url=url, headers=headers) as client:
        shop = Box(client, ids.encode(ids.INBOX, inbox_id), email)
        messages(shop)
        threads(shop)
        writing(shop)
        events(client, shop)
        hot_narrow.callers(client, shop)


def messages(shop: Box) -> None:
    listed = shop.found()
    assert len(listed) == 50
    shop.get(listed[0]["id"])
    for query in SEARCHES:
        shop.found(query=query)
    shop.found(threadId=listed[0]["threadId"])
    assert get(shop.client, f"{shop.path}/labels")
    path = f"{shop.path}/messages/{listed[0]['id']}"
    get(shop.client, f"{path}/events")
    told(shop.client.patch(path, json={"labels": {"add": ["seen"]}}))


def threads(shop: Box) -> None:
    listed = get(shop.client, f"{shop.path}/threads")
    assert len(listed) == 50
    for query in SEARCHES:
        get(shop.client, f"{shop.path}/threads", query=query)
    get(shop.client, f"{shop.path}/threads/{listed[0]['id']}")


def writing(shop: Box) -> None:
    shop.send()
    assert shop.post({"to": ["a@b.example"], "subject": "x", "text": "y"}, idempotency_key="k")
    received = shop.found(query="is:received") or shop.found()
    assert shop.reply(received[0]["id"]).status_code == 202


def events(client: httpx.Client, shop: Box) -> None:
    listed = get(client, "/v1/events")
    assert len(listed) == 50
    get(client, "/v1/events", type="message.sent")
    get(client, "/v1/events", inboxId=shop.id)
    hook = get(client, "/v1/webhooks")[-1]
    path = f"/v1/webhooks/{hook['id']}"
    assert len(get(client, f"{path}/attempts")) == 50
    told(client.post(f"{path}/replay", json={"since": "2025-10-09T00:00:00Z"}))
