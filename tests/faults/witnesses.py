"""The rows, asked as a witness: by the harness's own connection, not by the product's code."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from common import ids
from tests.faults.evidence import Delivery, Stored

Values = Sequence[Any] | Mapping[str, Any] | None

_MESSAGES = """
SELECT m.id, m.send_state, m.external_message_id, m.attempts,
    (SELECT jsonb_object_agg(r.email, r.status) FROM recipient r WHERE r.message_id = m.id)
        AS recipients,
    m.status_reason IS NOT NULL AND EXISTS (
        SELECT FROM event e WHERE e.message_id = m.id AND e.type = 'message.held'
    ) AS explained
FROM message m WHERE m.organization_id = ANY (%s) AND m.direction = 'outbound'
"""
_DELIVERIES = """
SELECT e.id AS event_id, w.id AS webhook_id, coalesce(d.state, 'missing') AS state
FROM event e
JOIN webhook w ON w.organization_id = e.organization_id AND e.type = ANY (w.events)
LEFT JOIN delivery d ON d.event_id = e.id AND d.webhook_id = w.id
WHERE e.organization_id = ANY (%s) AND e.message_id IS NOT NULL AND w.enabled
    AND w.deleted_at IS NULL
"""
_UNDONE = """
SELECT (SELECT count(*) FROM message WHERE organization_id = ANY (%(whose)s)
            AND direction = 'outbound' AND send_state NOT IN ('done', 'held'))
    + (SELECT count(*) FROM delivery WHERE organization_id = ANY (%(whose)s) AND state = 'pending')
"""


class Rows:
    """Of some organizations."""

    def __init__(self, connection: "psycopg.Connection[Any]", whose: Sequence[UUID]) -> None:
        self._connection = connection
        self._whose = list(whose)

    def ask(self, statement: str, values: Values = None) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def undone(self) -> int:
        """Messages and deliveries that have not ended."""
        (row,) = self.ask(_UNDONE, {"whose": self._whose})
        return int(next(iter(row.values())))

    def sending(self) -> int:
        """Messages in a call to SES."""
        statement = "SELECT id FROM message WHERE send_state = 'sending' AND organization_id"
        return len(self.ask(f"{statement} = ANY (%s)", (self._whose,)))

    def messages(self) -> tuple[Stored, ...]:
        return tuple(
            Stored(
                ids.encode(ids.MESSAGE, row["id"]),
                row["send_state"],
                row["recipients"],
                row["external_message_id"],
                row["attempts"],
                row["explained"],
            )
            for row in self.ask(_MESSAGES, (self._whose,))
        )

    def deliveries(self) -> tuple[Delivery, ...]:
        """Those too that there should be and are not."""
        return tuple(
            Delivery(
                ids.encode(ids.EVENT, row["event_id"]),
                ids.encode(ids.WEBHOOK, row["webhook_id"]),
                row["state"],
            )
            for row in self.ask(_DELIVERIES, (self._whose,))
        )

    def let_due(self) -> None:
        """The time that a failed delivery waits for its next attempt has passed, and that until
        an endpoint that fails is probed.
        """
        self.ask(
            "UPDATE webhook SET probe_at = now() WHERE probe_at > now()"
            " AND organization_id = ANY (%s)",
            (self._whose,),
        )
        self.ask(
            "UPDATE delivery SET due_at = now() WHERE state = 'pending' AND due_at > now()"
            " AND organization_id = ANY (%s)",
            (self._whose,),
        )


@contextmanager
def rows(database_url: str, whose: Sequence[UUID]) -> Iterator[Rows]:
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        yield Rows(connection, whose)
