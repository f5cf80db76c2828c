"""Inboxes and messages, made by the API's own routes or put straight into the tables."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from common import ids
from common.models import Message, Recipient, Search, Thread
from tests.tenants import put

JANE = "jane@customer.example"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """An inbox of the client's organization."""

    client: httpx.Client
    id: str
    email: str

    @property
    def path(self) -> str:
        return f"/v1/inboxes/{self.id}"

    def post(self, body: Body | bytes, **headers: str) -> httpx.Response:
        """To `send`; `idempotency_key="a"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            named.setdefault("content-type", "application/json")
            return self.client.post(f"{self.path}/messages/send", content=body, headers=named)
        return self.client.post(f"{self.path}/messages/send", json=body, headers=named)

    def send(self, **changes: Any) -> Body:
        """A message that is accepted."""
        return accepted(self.post(mail(**changes)))

    def reply(self, message_id: str, **changes: Any) -> httpx.Response:
        path = f"{self.path}/messages/{message_id}/reply"
        return self.client.post(path, json={"text": "Thanks"} | changes)

    def get(self, message_id: str) -> Body:
        return told(self.client.get(f"{self.path}/messages/{message_id}"))

    def found(self, **query: Any) -> list[Body]:
        """What the list has."""
        response = self.client.get(f"{self.path}/messages", params=query)
        assert response.status_code == 200, response.text
        listed: list[Body] = response.json()
        return listed

    def subjects(self, **query: Any) -> list[str]:
        return [one["subject"] for one in self.found(**query)]


def box(client: httpx.Client, **fields: str) -> Box:
    """A new inbox."""
    made = told(client.post("/v1/inboxes", json=fields))
    return Box(client, made["id"], made["email"])


def mail(**changes: Any) -> Body:
    """A body for `send`."""
    return {"to": [JANE], "subject": "Hello", "text": "How are you?"} | changes


def accepted(response: httpx.Response) -> Body:
    assert response.status_code == 202, response.text
    found: Body = response.json()
    return found


def told(response: httpx.Response) -> Body:
    assert response.status_code < 300, response.text
    found: Body = response.json()
    return found


def code(response: httpx.Response) -> tuple[int, str]:
    """The status and the code of a problem."""
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def received(engine: sa.Engine, organization_id: UUID, to: Box, **columns: Any) -> str:
    """A message that came in, as the inbound worker stores one; its id."""
    inbox_id = ids.decode(ids.INBOX, to.id)
    lists = {"to": [to.email], "cc": []} | columns.pop("recipients", {})
    defaults: dict[str, Any] = {
        "organization_id": organization_id,
        "inbox_id": inbox_id,
        "thread_id": ids.new(),
        "direction": "inbound",
        "from_email": JANE,
        "from_name": "Jane Doe",
        "subject": "A question",
        "text": "Where is it?",
        "internet_message_id": "<1@customer.example>",
        "status": "received",
    }
    message = Message(**defaults | columns)
    thread = Thread(
        id=message.thread_id,
        organization_id=organization_id,
        inbox_id=inbox_id,
        subject=message.subject,
        last_message_id=message.id,
    )
    listed = [(kind, email) for kind, emails in lists.items() for email in emails]
    recipients = [
        Recipient(
            message_id=message.id,
            position=position,
            organization_id=organization_id,
            kind=kind,
            email=email,
            status="received",
        )
        for position, (kind, email) in enumerate(listed)
    ]
    search = Search(message_id=message.id, organization_id=organization_id, inbox_id=inbox_id)
    put(engine, thread, message, *recipients, search)
    return ids.encode(ids.MESSAGE, message.id)


def count(engine: sa.Engine, table: str) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found
