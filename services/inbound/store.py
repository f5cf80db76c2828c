"""A received mail into the tables: all that it becomes, in one transaction.

One mail is one transaction here, not a set: it was fetched and parsed by itself for longer than a
commit takes, and what threads it locks it locks alone, in their order.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import blobs, events, resources, threads
from common.db import as_json, identifiers, insert_set, recordset
from common.events import NewEvent
from common.models import Attachment, Message, RawMail, Recipient
from services.inbound import rows
from services.inbound.recipients import Place
from services.inbound.references import Reference
from services.inbound.rows import Arrival, Copy, Parent

RECEIVED: Final = "postroom_received"
"""The channel of NOTIFY on which those hear who wait for mail; the payload is the inbox's UUID."""

_KNOWN: Final = sa.text("""
SELECT inbox_id FROM message WHERE direction = 'inbound' AND external_message_id = :external_id
    AND inbox_id = ANY (CAST(:inboxes AS uuid[]))
""")

# The first id that is found decides; of several messages with one Message-ID, the newest.
_PARENTS: Final = sa.text("""
SELECT DISTINCT ON (w.inbox_id) w.inbox_id, p.id, p.thread_id
FROM json_to_recordset(CAST(:places AS json)) AS w (organization_id uuid, inbox_id uuid)
CROSS JOIN json_to_recordset(CAST(:named AS json)) AS n (
    place int, message_id uuid, external_id text, internet_id text)
CROSS JOIN LATERAL (
    SELECT m.id, m.thread_id FROM message m
    WHERE m.id = n.message_id AND m.inbox_id = w.inbox_id
        AND m.organization_id = w.organization_id
    UNION ALL
    SELECT m.id, m.thread_id FROM message m
    WHERE m.external_message_id = n.external_id AND m.direction = 'outbound'
        AND m.inbox_id = w.inbox_id AND m.organization_id = w.organization_id
    UNION ALL
    (SELECT m.id, m.thread_id FROM message m
    WHERE m.internet_message_id = n.internet_id AND m.inbox_id = w.inbox_id
        AND m.organization_id = w.organization_id
    ORDER BY m.id DESC LIMIT 1)
) p
ORDER BY w.inbox_id, n.place
""")

_MESSAGE: Final = """
    id, organization_id, inbox_id, thread_id, direction, from_email, from_name, reply_to, subject,
    text, html, extracted_text, headers, labels, in_reply_to_id, internet_message_id,
    reference_ids, external_message_id, sent_at, verdicts, sender_verified, automatic, parse_error,
    status, trace, created_at, updated_at, attempts
"""
_RECIPIENT: Final = """
    message_id, position, organization_id, kind, email, name, status, status_at, updated_at
"""
_RAW: Final = "message_id, organization_id, bucket, key, sha256, size"

# Rows of one statement see each other at its end, when foreign keys are checked. A receipt that an
# inbox has already writes nothing there (uq_message_receipt).
_WRITE: Final = sa.text(f"""
WITH place AS (
    SELECT * FROM json_to_recordset(CAST(:places AS json)) AS p (
        message_id uuid, participants text[], answers boolean)
), written AS (
    INSERT INTO message ({_MESSAGE}) SELECT {_MESSAGE} FROM {recordset(Message, "messages")}
    ON CONFLICT (inbox_id, external_message_id) WHERE direction = 'inbound' DO NOTHING
    RETURNING id, organization_id, inbox_id, thread_id, subject, created_at
), begun AS (
    INSERT INTO thread (id, organization_id, inbox_id, subject, last_message_id, message_count,
        participants, created_at, updated_at)
    SELECT thread_id, organization_id, inbox_id, subject, id, 1, p.participants, created_at,
        created_at
    FROM written w JOIN place p ON p.message_id = w.id WHERE NOT p.answers
), held AS MATERIALIZED (
    SELECT t.id FROM thread t JOIN written w ON w.thread_id = t.id
    ORDER BY t.id FOR NO KEY UPDATE OF t
), moved AS (
    UPDATE thread t SET message_count = t.message_count + 1,
        last_message_id = greatest(t.last_message_id, w.id),
        participants = {threads.joined("t.participants", "p.participants")},
        updated_at = greatest(t.updated_at, w.created_at)
    FROM written w JOIN place p ON p.message_id = w.id, held h
    WHERE t.id = w.thread_id AND h.id = t.id AND p.answers
), recipients AS (
    INSERT INTO recipient ({_RECIPIENT})
    SELECT {_RECIPIENT} FROM {recordset(Recipient, "recipients")} r
    WHERE r.message_id IN (SELECT id FROM written)
), raws AS (
    INSERT INTO rawmail ({_RAW}) SELECT {_RAW} FROM {recordset(RawMail, "raws")} r
    WHERE r.message_id IN (SELECT id FROM written)
), searches AS (
    INSERT INTO search (message_id, organization_id, inbox_id)
    SELECT id, organization_id, inbox_id FROM written
)
SELECT id FROM written
""")
_FILE: Final = (
    "id organization_id message_id position name content_type size blob_id content_id inline"
    " detected_type"
)
_FILES: Final = insert_set(Attachment, _FILE.split())
_READ: Final = sa.text(f"""
SELECT {resources.MESSAGE_COLUMNS} FROM message m WHERE m.id = ANY (CAST(:ids AS uuid[]))
ORDER BY m.id
""")
_NOTIFY: Final = sa.text("SELECT pg_notify(:channel, :inbox)")


def lacking(connection: sa.Connection, external_id: str, places: list[Place]) -> list[Place]:
    """Those that do not have the mail yet."""
    inboxes = identifiers(one.inbox_id for one in places)
    values = {"external_id": external_id, "inboxes": inboxes}
    known = set(connection.execute(_KNOWN, values).scalars())
    return [one for one in places if one.inbox_id not in known]


def store(
    connection: sa.Connection, arrival: Arrival, places: list[Place], named: list[Reference]
) -> tuple[list[UUID], int]:
    """The messages that were not there before, and how many deliveries are due by them."""
    parents = _parents(connection, places, named)
    copies = [rows.copy(arrival, one, parents.get(one.inbox_id)) for one in places]
    written = set(connection.execute(_WRITE, _values(copies)).scalars())
    copies = [one for one in copies if one.message["id"] in written]
    if not copies:
        return [], 0
    _write_files(connection, copies, arrival)
    inboxes = [{"channel": RECEIVED, "inbox": str(one.message["inbox_id"])} for one in copies]
    connection.execute(_NOTIFY, inboxes)
    return sorted(written), _tell(connection, written)


def _parents(
    connection: sa.Connection, places: Iterable[Place], named: list[Reference]
) -> dict[UUID, Parent]:
    """By inbox, and never one of another inbox or organization."""
    if not named:
        return {}
    values = {
        "places": as_json(
            {"organization_id": one.organization_id, "inbox_id": one.inbox_id} for one in places
        ),
        "named": as_json(
            {
                "place": place,
                "message_id": one.message_id,
                "external_id": one.external_id,
                "internet_id": one.internet_id,
            }
            for place, one in enumerate(named)
        ),
    }
    return {inbox_id: Parent(*known) for inbox_id, *known in connection.execute(_PARENTS, values)}


def _values(copies: list[Copy]) -> dict[str, Any]:
    return {
        "places": as_json(
            {
                "message_id": one.raw["message_id"],
                "participants": one.participants,
                "answers": one.answers,
            }
            for one in copies
        ),
        "messages": as_json({**one.message, "attempts": 0} for one in copies),
        "recipients": as_json(row for one in copies for row in one.recipients),
        "raws": as_json(one.raw for one in copies),
    }


def _write_files(connection: sa.Connection, copies: list[Copy], arrival: Arrival) -> None:
    found = list(rows.files(copies, arrival.mail.files))
    if found:
        contents = {
            row["blob_id"]: blobs.Blob(row["blob_id"], row["organization_id"], file.content)
            for row, file in found
        }
        blobs.write(connection, list(contents.values()))
        connection.execute(_FILES, {"rows": as_json(row for row, _ in found)})


def _tell(connection: sa.Connection, written: Iterable[UUID]) -> int:
    told = [
        NewEvent(
            organization_id=row["organization_id"],
            type="message.received",
            payload=resources.message(dict(row)),
            inbox_id=row["inbox_id"],
            message_id=row["id"],
        )
        for row in connection.execute(_READ, {"ids": identifiers(written)}).mappings()
    ]
    return connection.execute(*events.write(told)).rowcount
