"""The statement that makes a set of drafts rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common import blobs, clock, threads
from common.db import as_json, insert_set, recordset
from common.models import Attachment, Message, Recipient
from services.api.direct import Fetch, spelled
from services.api.drafts import Draft
from services.api.idempotency import KEPT_FOR

_MESSAGE: Final = """
    id, organization_id, inbox_id, thread_id, direction, from_email, from_name, reply_to, subject,
    text, html, headers, labels, in_reply_to_id, reference_ids, status, request_id, created_at,
    updated_at, send_state, attempts, trace
"""
_RECIPIENT: Final = """
    message_id, position, organization_id, kind, email, name, status, status_at, updated_at
"""
_FILE: Final = "id organization_id message_id position name content_type size blob_id"

# Threads and keys are locked in their own order, threads first: no two sets wait in a circle. What
# is read of a thread that was waited for is what it has come to. Rows of one statement see each
# other at its end, when foreign keys are checked. `due_at` is the database's time, as the sender's
# question for what is due is.
_WRITE: Final = spelled(f"""
WITH known AS MATERIALIZED (
    SELECT m.*, p.participants, p.most FROM {recordset(Message, "messages")} m
    JOIN json_to_recordset(CAST(:places AS json)) AS p (message_id uuid, participants text[],
        most int) ON p.message_id = m.id
    JOIN inbox i ON i.id = m.inbox_id AND i.organization_id = m.organization_id
        AND i.deleted_at IS NULL AND i.email = m.from_email AND coalesce(i.name, '') = m.from_name
), held AS MATERIALIZED (
    SELECT t.id, t.message_count FROM thread t
    WHERE t.id IN (SELECT thread_id FROM known WHERE in_reply_to_id IS NOT NULL)
    ORDER BY t.id FOR NO KEY UPDATE OF t
), draft AS MATERIALIZED (
    SELECT k.* FROM known k LEFT JOIN held h ON h.id = k.thread_id
    WHERE k.most IS NULL OR h.message_count <= k.most
), keyed AS MATERIALIZED (
    SELECT k.* FROM json_to_recordset(CAST(:keys AS json)) AS k (message_id uuid,
        organization_id uuid, key text, fingerprint text, status int, body text,
        created_at timestamptz)
    JOIN draft d ON d.id = k.message_id
), kept AS (
    INSERT INTO idempotency AS old
        (organization_id, key, fingerprint, status, body, created_at)
    SELECT organization_id, key, fingerprint, status, convert_to(body, 'UTF8'), created_at
    FROM keyed ORDER BY organization_id, key
    ON CONFLICT (organization_id, key) DO UPDATE SET
        fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
        created_at = excluded.created_at
    WHERE old.created_at <= :since
    RETURNING organization_id, key
), accepted AS MATERIALIZED (
    SELECT d.* FROM draft d LEFT JOIN keyed k ON k.message_id = d.id
    WHERE k.message_id IS NULL OR (k.organization_id, k.key) IN (SELECT * FROM kept)
), begun AS (
    INSERT INTO thread (id, organization_id, inbox_id, subject, last_message_id, message_count,
        participants, created_at, updated_at)
    SELECT thread_id, organization_id, inbox_id, subject, id, 1, participants, created_at,
        created_at
    FROM accepted WHERE in_reply_to_id IS NULL
), answered AS MATERIALIZED (
    SELECT thread_id, count(*) AS answers, max(created_at) AS last_at,
        (array_agg(id ORDER BY id DESC))[1] AS last_id
    FROM accepted WHERE in_reply_to_id IS NOT NULL GROUP BY thread_id
), joined AS MATERIALIZED (
    SELECT a.thread_id, array_agg(p.email ORDER BY a.id, p.place) AS participants
    FROM accepted a CROSS JOIN unnest(a.participants) WITH ORDINALITY AS p (email, place)
    WHERE a.in_reply_to_id IS NOT NULL GROUP BY a.thread_id
), moved AS (
    UPDATE thread t SET message_count = t.message_count + a.answers,
        last_message_id = greatest(t.last_message_id, a.last_id),
        participants = {threads.joined("t.participants", "j.participants")},
        updated_at = greatest(t.updated_at, a.last_at)
    FROM answered a JOIN joined j ON j.thread_id = a.thread_id WHERE t.id = a.thread_id
), messages AS (
    INSERT INTO message ({_MESSAGE}, due_at) SELECT {_MESSAGE}, now() FROM accepted
), recipients AS (
    INSERT INTO recipient ({_RECIPIENT})
    SELECT {_RECIPIENT} FROM {recordset(Recipient, "recipients")} r
    WHERE r.message_id IN (SELECT id FROM accepted)
), searches AS (
    INSERT INTO search (message_id, organization_id, inbox_id)
    SELECT id, organization_id, inbox_id FROM accepted
)
SELECT d.id, a.id IS NOT NULL AS accepted FROM draft d LEFT JOIN accepted a ON a.id = d.id
""")
_FILES: Final = insert_set(Attachment, _FILE.split())


async def write_rows(fetch: Fetch, drafts: list[Draft], keyed: Iterable[Draft]) -> dict[UUID, bool]:
    """All rows but files. By their ids: True for those that are written now, False for those
    whose key was taken; those whose inbox or thread is not what it was are left out. No two of
    `keyed`, the drafts that have a key, have the same.
    """
    values = {
        "messages": as_json(one.message for one in drafts),
        "recipients": as_json(row for one in drafts for row in one.recipients),
        "places": as_json(_places(drafts)),
        "keys": as_json(map(_key_row, keyed)),
        "since": clock.now() - KEPT_FOR,
    }
    return dict(await fetch(_WRITE, values))


def _places(drafts: list[Draft]) -> Iterator[dict[str, Any]]:
    """Each draft's own in its thread. Those of one set that answer in the same thread are counted
    on, as if all before had been written.
    """
    ahead: Counter[UUID] = Counter()
    for one in drafts:
        thread_id = one.message["thread_id"]
        most = None if one.most is None else one.most - ahead[thread_id]
        ahead[thread_id] += 1
        yield {"message_id": one.id, "participants": one.participants, "most": most}


def _key_row(draft: Draft) -> dict[str, Any]:
    kept = draft.kept or {}
    return kept | {"message_id": draft.id, "body": draft.answer.decode()}


async def write_files(connection: AsyncConnection, drafts: Iterable[Draft]) -> None:
    """In the transaction of their messages, whose rows are written."""
    files = [file for one in drafts for file in one.files]
    if not files:
        return
    contents = [
        blobs.Blob(file.row["blob_id"], file.row["organization_id"], file.content) for file in files
    ]
    await blobs.write_async(connection, contents)
    await connection.execute(_FILES, {"rows": as_json(file.row for file in files)})
