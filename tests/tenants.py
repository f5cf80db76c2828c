"""Organizations with inboxes, messages and webhooks, put straight into the tables."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import SQLModel

from common import ids
from common.models import Inbox, Message, Organization, Recipient, Thread, Webhook

# Who waits for a lock in this test's database; all of a server share one pg_locks.
WAITING = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organization with one inbox."""

    engine: Engine
    id: UUID
    inbox_id: UUID
    thread_id: UUID

    def message(
        self, *emails: str, external_id: str | None = None, send_state: str = "sending"
    ) -> UUID:
        """A message on its way to SES; with an `external_id` one that SES has, and it is known."""
        status = "sent" if external_id else "queued"
        message = Message(
            organization_id=self.id,
            inbox_id=self.inbox_id,
            thread_id=self.thread_id,
            direction="outbound",
            from_email="support@acme.example",
            subject="Hello",
            text="The body",
            status=status,
            send_state="done" if external_id else send_state,
            external_message_id=external_id,
            request_id="req_1",
        )
        recipients = [
            Recipient(
                message_id=message.id,
                position=position,
                organization_id=self.id,
                kind="to",
                email=email,
                status=status,
            )
            for position, email in enumerate(emails or ("jo@example.com",))
        ]
        put(self.engine, message, *recipients)
        return message.id

    def webhook(
        self, *events: str, inbox_ids: list[UUID] | None = None, enabled: bool = True
    ) -> UUID:
        """An endpoint that asks for these events."""
        webhook = Webhook(
            organization_id=self.id,
            url="https://customer.example/hook",
            events=list(events),
            inbox_ids=inbox_ids,
            secret="whsec_x",
            enabled=enabled,
        )
        put(self.engine, webhook)
        return webhook.id


def tenant(engine: Engine) -> Tenant:
    """A new one."""
    organization = Organization(name="acme")
    email = f"{ids.encode('inbox', ids.new())}@acme.example"
    inbox = Inbox(organization_id=organization.id, email=email)
    thread = Thread(
        organization_id=organization.id,
        inbox_id=inbox.id,
        subject="Hello",
        last_message_id=ids.new(),
    )
    put(engine, organization, inbox, thread)
    return Tenant(engine, organization.id, inbox.id, thread.id)


def put(engine: Engine, *rows: SQLModel) -> None:
    """In this order, in one transaction."""
    with engine.begin() as connection:
        for row in rows:
            # What is unset is left to the database, which may have a default for it.
            values = row.model_dump(exclude_none=True)
            connection.execute(sa.insert(type(row)).values(values))


def rows(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    """All that the query finds."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]
