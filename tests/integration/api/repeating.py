"""What may be repeated: each POST that creates, and what is there after."""

from typing import Any

import httpx
import sqlalchemy as sa

KEY = {"idempotency-key": "order-4711"}
TABLES = ("inbox", "webhook", "api_key", "event", "delivery", "idempotency")


def creating(client: httpx.Client) -> dict[str, tuple[str, dict[str, Any] | None]]:
    """Each POST that creates, with a body."""
    hook = {"url": "https://example.com/", "events": ["message.sent"]}
    webhook = client.post("/v1/webhooks", json=hook).json()["id"]
    return {
        "inbox": ("/v1/inboxes", {"email": "office@mail.test"}),
        "webhook": ("/v1/webhooks", hook),
        "key": ("/v1/api_keys", {"name": "production"}),
        "test": (f"/v1/webhooks/{webhook}/test", None),
        "rotate": (f"/v1/webhooks/{webhook}/rotate", None),
        "replay": (f"/v1/webhooks/{webhook}/replay", {"since": "2026-11-22T10:00:00Z"}),
    }


def counts(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in TABLES
        }
