"""Mail that arrives, as the inbound worker stores it: all of it in one transaction."""

from collections.abc import Sequence
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
_READ = sa.text(f"SELECT {resources.MESSAGE_COLUMNS} FROM message m WHERE m.id = ANY(:ids)")


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
        """One; its id."""
        [stored] = self.store_all(connection, 1, **columns)
        return stored

    def store_all(self, connection: sa.Connection, count: int, **columns: Any) -> list[str]:
        """So many, as a set: a long transaction delays the streams of all other tests."""
        messages = [Message(**self._defaults() | columns) for _ in range(count)]
        threads = {one.thread_id: self._thread(one) for one in messages}
        _insert(connection, [one for id_, one in threads.items() if id_ not in self.threads])
        self.threads.update(threads)
        _insert(connection, messages)
        _insert(connection, [self._recipient(one) for one in messages])
        read = connection.execute(_READ, {"ids": [one.id for one in messages]}).mappings()
        shown = {row["id"]: resources.message(dict(row)) for row in read}
        told = [
            NewEvent(self.organization_id, "message.received", shown[one.id], one.inbox_id, one.id)
            for one in messages
        ]
        connection.execute(*events.write(told))
        if not self.silent:
            connection.execute(_TELL, {"inbox_id": str(messages[0].inbox_id)})
        return [ids.encode(ids.MESSAGE, one.id) for one in messages]

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


def _insert(connection: sa.Connection, rows: Sequence[SQLModel]) -> None:
    if rows:
        connection.execute(sa.insert(type(rows[0])), [row.model_dump() for row in rows])


def raw(engine: sa.Engine, organization_id: UUID, message_id: str, **columns: Any) -> None:
    """Where a message lies as it came."""
    row = RawMail(
        message_id=ids.decode(ids.MESSAGE, message_id), organization_id=organization_id, **columns
    )
    with engine.begin() as connection:
        _insert(connection, [row])
