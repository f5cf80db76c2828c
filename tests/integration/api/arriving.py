"""Mail that arrives, as the inbound worker stores it: all of it in one transaction."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from common import events, ids, resources
from common.events import NewEvent
from common.models import Message, RawMail, Recipient, Thread
from tests.integration.api.mailing import JANE, Box

_TELL = sa.text("SELECT pg_notify('postroom_received', :inbox_id)")
_READ = sa.text(f"SELECT {resources.MESSAGE_COLUMNS} FROM message m WHERE m.id = :id")


@dataclass(frozen=True, slots=True)
class Arriving:
    """Mail for one inbox. `silent`: nobody is notified."""

    engine: sa.Engine
    organization_id: UUID
    box: Box
    silent: bool = False
    threads: set[UUID] = field(default_factory=set)

    def __call__(self, **columns: Any) -> str:
        """One that is there; its id."""
        with self.engine.begin() as connection:
            return self.store(connection, **columns)

    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """For mail that is stored, and not yet there."""
        return self.engine.begin()

    def store(self, connection: sa.Connection, **columns: Any) -> str:
        message = Message(**self._defaults() | columns)
        if message.thread_id not in self.threads:
            _insert(connection, self._thread(message))
            self.threads.add(message.thread_id)
        _insert(connection, message)
        _insert(connection, self._recipient(message))
        row = connection.execute(_READ, {"id": message.id}).mappings().one()
        told = NewEvent(
            self.organization_id,
            "message.received",
            resources.message(dict(row)),
            message.inbox_id,
            message.id,
        )
        connection.execute(*events.write([told]))
        if not self.silent:
            connection.execute(_TELL, {"inbox_id": str(message.inbox_id)})
        return ids.encode(ids.MESSAGE, message.id)

    def _defaults(self) -> dict[str, Any]:
        return {
            "organization_id": self.organization_id,
            "inbox_id": ids.decode(ids.INBOX, self.box.id),
            "thread_id": ids.new(),
            "direction": "inbound",
            "from_email": JANE,
            "from_name": "Jane Doe",
            "subject": "Your code",
            "text": "It is 4711.",
            "external_message_id": ids.new().hex,
            "status": "received",
        }

    def _thread(self, message: Message) -> Thread:
        return Thread(
            id=message.thread_id,
            organization_id=self.organization_id,
            inbox_id=message.inbox_id,
            subject=message.subject,
            last_message_id=message.id,
        )

    def _recipient(self, message: Message) -> Recipient:
        return Recipient(
            message_id=message.id,
            position=0,
            organization_id=self.organization_id,
            kind="to",
            email=self.box.email,
            status="received",
        )


def _insert(connection: sa.Connection, row: SQLModel) -> None:
    connection.execute(sa.insert(type(row)).values(**row.model_dump()))


def raw(engine: sa.Engine, organization_id: UUID, message_id: str, **columns: Any) -> None:
    """Where a message lies as it came."""
    row = RawMail(
        message_id=ids.decode(ids.MESSAGE, message_id), organization_id=organization_id, **columns
    )
    with engine.begin() as connection:
        _insert(connection, row)
