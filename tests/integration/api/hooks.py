"""Webhooks of tests, and what is due for them."""

from typing import Any

import httpx
import sqlalchemy as sa
from sqlmodel import col

from common import ids
from common.models import Webhook

URL = "https://example.com/hook"


def create(client: httpx.Client, **members: Any) -> dict[str, Any]:
    body = {"url": URL, "events": ["message.sent"]} | members
    response = client.post("/v1/webhooks", json=body)
    assert response.status_code == 201, response.text
    webhook: dict[str, Any] = response.json()
    return webhook


def deliveries(engine: sa.Engine) -> list[dict[str, Any]]:
    query = """
        SELECT d.id, d.webhook_id, d.state, d.due_at <= now() AS due, e.type
        FROM delivery d JOIN event e ON e.id = d.event_id
    """
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def uuid_of(webhook: dict[str, Any]) -> str:
    return str(ids.decode(ids.WEBHOOK, webhook["id"]))


def row_of(engine: sa.Engine, webhook: dict[str, Any]) -> dict[str, Any]:
    """All that the table has of it."""
    query = sa.text("SELECT * FROM webhook WHERE id = :id")
    with engine.connect() as connection:
        return dict(connection.execute(query, {"id": uuid_of(webhook)}).mappings().one())


def change_row(engine: sa.Engine, webhook: dict[str, Any], **columns: Any) -> None:
    """As the webhook worker writes it."""
    changed = sa.update(Webhook).where(col(Webhook.id) == uuid_of(webhook)).values(**columns)
    with engine.begin() as connection:
        connection.execute(changed)
