"""Rows as the product writes them, for tests that begin in the middle of the way.

Each builder saves one thing with what it cannot be without, and gives it back; keyword arguments
are columns. `tenant` is where most tests begin.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from common import clock, events, ids
from common.events import NewEvent
from common.models import (
    Attachment,
    Attempt,
    Blob,
    Delivery,
    Event,
    Inbox,
    Message,
    Organization,
    Recipient,
    Thread,
    Webhook,
)
from common.vault import Vault
from deploy.local import product
from tests.tenants import put

T = TypeVar("T", bound=SQLModel)

# 32 bytes, as a new webhook has it.
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
VAULT = Vault.with_keys(product.SECRET_KEYS)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with one inbox and one thread in it."""

    organization: Organization
    inbox: Inbox
    thread: Thread


def tenant(engine: sa.Engine) -> Tenant:
    organization = Organization(name="acme")
    email = f"{ids.new().hex}@postroom.test"  # an address exists once in an installation
    inbox = Inbox(organization_id=organization.id, email=email, name="Acme")
    thread = Thread(
        organization_id=organization.id, inbox_id=inbox.id, subject="x", last_message_id=ids.new()
    )
    put(engine, organization, inbox, thread)
    return Tenant(organization, inbox, thread)


def message(
    engine: sa.Engine,
    owner: Tenant,
    *,
    to: tuple[str, ...] = ("to@example.com",),
    cc: tuple[str, ...] = (),
    bcc: tuple[str, ...] = (),
    **columns: Any,
) -> Message:
    """A queued message that is due now; a received one with `direction="inbound"`."""
    row = Message(**_outbound(owner) | columns)
    kinds = [(kind, email) for kind, group in _kinds(to, cc, bcc) for email in group]
    put(
        engine,
        row,
        *(
            Recipient(
                message_id=row.id,
                position=position,
                organization_id=row.organization_id,
                kind=kind,
                email=email,
                status=row.status,
            )
            for position, (kind, email) in enumerate(kinds)
        ),
    )
    return row


def _kinds(*groups: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return list(zip(("to", "cc", "bcc"), groups, strict=True))


def _outbound(owner: Tenant) -> dict[str, Any]:
    now = clock.now()
    return {
        "organization_id": owner.organization.id,
        "inbox_id": owner.inbox.id,
        "thread_id": owner.thread.id,
        "direction": "outbound",
        "from_email": owner.inbox.email,
        "from_name": "Acme",
        "subject": "Hello",
        "text": "Plain words.",
        "html": "<p>Words.</p>",
        "status": "queued",
        "send_state": "queued",
        "due_at": now - timedelta(seconds=1),
        "created_at": now,
        "updated_at": now,
    }


File = tuple[str, str, bytes]
"""Name, content type, content."""


def attachment(engine: sa.Engine, carrier: Message, file: File, position: int = 0) -> Attachment:
    name, content_type, content = file
    blob = Blob(organization_id=carrier.organization_id, content=content)
    row = Attachment(
        organization_id=carrier.organization_id,
        message_id=carrier.id,
        position=position,
        name=name,
        content_type=content_type,
        size=len(content),
        blob_id=blob.id,
    )
    put(engine, blob, row)
    return row


def webhook(engine: sa.Engine, owner: Tenant, url: str, *told: str, **columns: Any) -> Webhook:
    """An endpoint for these events; `message.sent` where none is named."""
    asked: dict[str, Any] = {"url": url, "events": list(told) or ["message.sent"]}
    row = Webhook(organization_id=owner.organization.id, secret="", **asked | columns)
    row.secret = VAULT.seal(SECRET, row.id)
    put(engine, row)
    return row


def event(
    engine: sa.Engine,
    owner: Tenant,
    kind: str = "message.sent",
    *,
    payload: dict[str, Any] | None = None,
    message_id: UUID | None = None,
) -> NewEvent:
    """An event, with a delivery for each endpoint that asked for it: as the product writes it."""
    told = NewEvent(
        owner.organization.id,
        kind,
        payload or {"id": "msg_1"},
        inbox_id=owner.inbox.id,
        message_id=message_id,
    )
    with engine.begin() as connection:
        connection.execute(*events.write([told]))
    return told


def reread(engine: sa.Engine, row: T) -> T:
    """A row as it now is in the database."""
    with Session(engine) as session:
        return session.get_one(type(row), row.model_dump()["id"])


def events_of(engine: sa.Engine, owner: Tenant) -> list[Event]:
    """All of an organization's events, oldest first."""
    mine = col(Event.organization_id) == owner.organization.id
    with Session(engine) as session:
        return list(session.exec(select(Event).where(mine).order_by(col(Event.id))))


def deliveries_of(engine: sa.Engine, owner: Tenant) -> list[Delivery]:
    """All of an organization's deliveries, oldest first."""
    mine = col(Delivery.organization_id) == owner.organization.id
    with Session(engine) as session:
        return list(session.exec(select(Delivery).where(mine).order_by(col(Delivery.id))))


def attempts_of(engine: sa.Engine, owner: Tenant) -> list[Attempt]:
    """All attempts at an organization's deliveries, oldest first."""
    mine = col(Attempt.organization_id) == owner.organization.id
    with Session(engine) as session:
        return list(session.exec(select(Attempt).where(mine).order_by(col(Attempt.id))))


def recipients_of(engine: sa.Engine, sent: Message) -> list[Recipient]:
    """A message's recipients, in their order."""
    its = col(Recipient.message_id) == sent.id
    with Session(engine) as session:
        return list(session.exec(select(Recipient).where(its).order_by(col(Recipient.position))))
