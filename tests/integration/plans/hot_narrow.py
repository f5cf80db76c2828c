"""What callers of the API narrow a list to, follow or wait for, each done once over HTTP."""

from typing import Any, Final

import httpx

from tests.integration.api.mailing import Box, told
from tests.integration.plans.asking import get

_SINCE: Final = "2025-10-09T00:00:00Z"
NARROWED: Final[tuple[dict[str, str], ...]] = (
    {"status": "bounced"},
    {"label": "orders"},
    {"label": "nowhere"},
    {"after": _SINCE},
    {"before": _SINCE},
    {"query": "word1", "status": "queued", "before": _SINCE},
)


def messages(shop: Box) -> None:
    for query in NARROWED:
        shop.found(**query)
    assert shop.client.get(f"{shop.path}/messages", params={"limit": 1}).links["next"]
    answered = shop.client.get(f"{shop.path}/wait", params={"timeout": 0, "after": _SINCE})
    assert answered.status_code == 200
    arrived = answered.json()
    for more in ({"after": arrived["id"]}, {"threadId": arrived["threadId"]}):
        shop.client.get(f"{shop.path}/wait", params={"timeout": 0, **more})
    carries = next(one for one in shop.found(status="sent", limit=100) if one["attachments"])
    path = f"{shop.path}/messages/{carries['id']}/attachments/{carries['attachments'][0]['id']}"
    assert shop.client.get(path).status_code == 200


def events(client: httpx.Client, shop: Box) -> None:
    (listed, *_) = get(client, "/v1/events", limit=1)
    get(client, "/v1/events", messageId=listed["messageId"])
    get(client, "/v1/events", type="message.complained", inboxId=shop.id)
    behind = {"last-event-id": listed["id"]}
    with client.stream("GET", "/v1/events/stream", headers=behind) as stream:
        assert stream.status_code == 200
        follow(client, stream)


def follow(client: httpx.Client, stream: httpx.Response) -> None:
    """The first of what happens from now on is read."""
    told(client.post("/v1/inboxes", json={"name": "followed"}, headers={"idempotency-key": "i"}))
    assert next(stream.iter_lines()).startswith("id: ")


def webhooks(client: httpx.Client) -> None:
    hook = get(client, "/v1/webhooks")[-1]
    path = f"/v1/webhooks/{hook['id']}"
    (tried, *_) = get(client, f"{path}/attempts", limit=1)
    (event, *_) = get(client, "/v1/events", limit=1, type=tried["event"])
    for asked in (
        {"outcome": "failed"},
        {"outcome": "delivered", "type": tried["event"]},
        {"deliveryId": tried["deliveryId"]},
        {"eventId": tried["eventId"]},
        {"messageId": event["messageId"]},
    ):
        get(client, f"{path}/attempts", **asked)
    told(client.post(f"{path}/replay", json={"deliveryId": tried["deliveryId"]}))
    told(client.post(f"{path}/replay", json={"since": _SINCE, "which": "all"}))
    told(client.post(f"{path}/test"))


def owned(client: httpx.Client, shop: Box) -> None:
    """What an organization has few of, in tables that have many."""
    for path in ("/v1/inboxes", shop.path, "/v1/api_keys"):
        get(client, path)
    told(client.patch(shop.path, json={"name": "Renamed"}))
    made: dict[str, Any] = told(client.post("/v1/inboxes", json={"name": "short"}))
    told(client.delete(f"/v1/inboxes/{made['id']}"))


def callers(client: httpx.Client, shop: Box) -> None:
    messages(shop)
    events(client, shop)
    webhooks(client)
    owned(client, shop)
