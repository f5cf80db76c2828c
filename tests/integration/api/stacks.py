"""Many messages at once, as no test could send."""

from typing import Final

import sqlalchemy as sa

from common.models import Message, Thread


def _others(table: type[Message | Thread], *changed: str) -> str:
    return ", ".join(name for name in table.model_fields if name not in changed)


_THREAD: Final = _others(Thread, "id", "last_message_id")
_MESSAGE: Final = _others(Message, "id", "thread_id", "labels")

_COPY: Final = sa.text(f"""
WITH copy AS MATERIALIZED (
    SELECT postroom_uuid7() AS id, postroom_uuid7() AS thread_id, m.id AS of
    FROM message m, generate_series(1, :times) WHERE m.subject = :subject
), threads AS (
    INSERT INTO thread (id, last_message_id, {_THREAD})
    SELECT c.thread_id, c.id, {", ".join(f"t.{name}" for name in _THREAD.split(", "))}
    FROM copy c JOIN message m ON m.id = c.of JOIN thread t ON t.id = m.thread_id
), messages AS (
    INSERT INTO message (id, thread_id, labels, {_MESSAGE})
    SELECT c.id, c.thread_id, coalesce(CAST(:labels AS text[]), m.labels),
        {", ".join(f"m.{name}" for name in _MESSAGE.split(", "))}
    FROM copy c JOIN message m ON m.id = c.of
)
INSERT INTO search (message_id, organization_id, inbox_id)
SELECT c.id, m.organization_id, m.inbox_id FROM copy c JOIN message m ON m.id = c.of
""")


def copies(engine: sa.Engine, subject: str, times: int, *, labels: list[str] | None = None) -> None:
    """More of the one message that has this subject, each in a thread of its own."""
    with engine.begin() as connection:
        connection.execute(_COPY, {"subject": subject, "times": times, "labels": labels})
