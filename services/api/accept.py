"""Accepting: what arrives together is written in one statement.

A draft becomes its rows or nothing at all: its thread, message, recipients, search row, files and
the answer of its Idempotency-Key, in one transaction. The door rings after the commit, once for
the whole set; no transaction waits for Redis.

What was looked up before may have changed by the time of the writing, so the statement asks again:
a draft whose inbox is gone or renamed, or whose key has been answered meanwhile, is not written.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import clock, logs, queue
from common.batch import Batcher
from common.db import as_json, insert_set, recordset
from common.models import Attachment, Blob, Message, Recipient
from services.api.drafts import Draft
from services.api.idempotency import KEPT_FOR
from services.api.lookup import Register

SET: Final = 64
HEAVY_SET: Final = 4
"""Of drafts with files, so that a plain one never waits behind many megabytes."""

log = logs.get(__name__)


class Outcome(Enum):
    """What became of a draft."""

    ACCEPTED = auto()
    STALE = auto()  # the inbox is not what it was: look again
    KEY_TAKEN = auto()  # another request has been answered under this key: tell that again


_MESSAGE: Final = """
    id, organization_id, inbox_id, thread_id, direction, from_email, from_name, reply_to, subject,
    text, html, headers, labels, in_reply_to_id, reference_ids, status, request_id, created_at,
    updated_at, send_state, attempts
"""
_RECIPIENT: Final = """
    message_id, position, organization_id, kind, email, name, status, status_at, updated_at
"""
_FILE: Final = "id organization_id message_id position name content_type size blob_id"

# Keys and threads are locked in their own order, keys first: no two sets wait in a circle. Rows
# of one statement see each other at its end, when foreign keys are checked. `due_at` is the
# database's time, as the sender's question for what is due is.
_WRITE: Final = sa.text(f"""
WITH draft AS MATERIALIZED (
    SELECT m.* FROM {recordset(Message, "messages")} m
    JOIN inbox i ON i.id = m.inbox_id AND i.organization_id = m.organization_id
        AND i.deleted_at IS NULL AND i.email = m.from_email AND coalesce(i.name, '') = m.from_name
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
        created_at, updated_at)
    SELECT thread_id, organization_id, inbox_id, subject, id, 1, created_at, created_at
    FROM accepted WHERE in_reply_to_id IS NULL
), answered AS MATERIALIZED (
    SELECT thread_id, count(*) AS answers, max(created_at) AS last_at,
        (array_agg(id ORDER BY id DESC))[1] AS last_id
    FROM accepted WHERE in_reply_to_id IS NOT NULL GROUP BY thread_id
), held AS MATERIALIZED (
    SELECT t.id FROM thread t JOIN answered a ON a.thread_id = t.id
    ORDER BY t.id FOR NO KEY UPDATE OF t
), moved AS (
    UPDATE thread t SET message_count = t.message_count + a.answers,
        last_message_id = greatest(t.last_message_id, a.last_id),
        updated_at = greatest(t.updated_at, a.last_at)
    FROM answered a JOIN held h ON h.id = a.thread_id WHERE t.id = h.id
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
_BLOBS: Final = sa.insert(Blob)


class Acceptor:
    """Writes for one process of the API."""

    def __init__(self, engine: AsyncEngine, ring: Callable[[str], None]) -> None:
        self._engine = engine
        # One statement is one transaction: no round trips to begin and end it.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ring = ring
        self._register = Register(engine)
        self.look = self._register.look
        self._plain = Batcher(self._write, most=SET)
        self._heavy = Batcher(self._write, most=HEAVY_SET)

    async def submit(self, draft: Draft) -> Outcome:
        """Written and committed, or not at all."""
        return await (self._heavy if draft.files else self._plain).submit(draft)

    async def close(self) -> None:
        """When no request is under way any more."""
        for part in (self._register, self._plain, self._heavy):
            await part.close()

    async def _write(self, drafts: list[Draft]) -> list[Outcome]:
        """One that the database refuses must not take the others with it."""
        try:
            outcomes = await self._write_set(drafts)
        except (sa.exc.DataError, sa.exc.IntegrityError) as error:
            if len(drafts) == 1:
                raise
            log.warning("accept.set_refused", drafts=len(drafts), error=type(error.orig).__name__)
            return [outcome for one in drafts for outcome in await self._write([one])]
        if Outcome.ACCEPTED in outcomes:
            self._ring(queue.SENDER)
        return outcomes

    async def _write_set(self, drafts: list[Draft]) -> list[Outcome]:
        keyed = _first_of_each_key(drafts)
        candidates = [one for one in drafts if one.kept is None or one.id in keyed]
        values = {
            "messages": as_json(one.message for one in candidates),
            "recipients": as_json(row for one in candidates for row in one.recipients),
            "keys": as_json(map(_key_row, keyed.values())),
            "since": clock.now() - KEPT_FOR,
        }
        if not any(one.files for one in candidates):
            async with self._single.connect() as connection:
                found = await _write_rows(connection, values)
        else:
            async with self._engine.begin() as connection:
                found = await _write_rows(connection, values)
                await _write_files(connection, [one for one in candidates if found.get(one.id)])
        return [_outcome(one, found, keyed) for one in drafts]


def _first_of_each_key(drafts: Iterable[Draft]) -> dict[UUID, Draft]:
    """By their ids. A statement cannot meet the same key twice; the later ones are told so."""
    firsts: dict[tuple[UUID, str], Draft] = {}
    for one in drafts:
        if one.kept is not None:
            firsts.setdefault((one.kept["organization_id"], one.kept["key"]), one)
    return {one.id: one for one in firsts.values()}


def _key_row(draft: Draft) -> dict[str, Any]:
    kept = draft.kept or {}
    return kept | {"message_id": draft.id, "body": draft.answer.decode()}


def _outcome(draft: Draft, found: dict[UUID, bool], keyed: dict[UUID, Draft]) -> Outcome:
    if draft.kept is not None and draft.id not in keyed:
        return Outcome.KEY_TAKEN
    if draft.id not in found:
        return Outcome.STALE
    return Outcome.ACCEPTED if found[draft.id] else Outcome.KEY_TAKEN


async def _write_rows(connection: AsyncConnection, values: dict[str, Any]) -> dict[UUID, bool]:
    return {row.id: row.accepted for row in await connection.execute(_WRITE, values)}


async def _write_files(connection: AsyncConnection, accepted: list[Draft]) -> None:
    files = [file for one in accepted for file in one.files]
    if not files:
        return
    blobs = [
        {
            "id": file.row["blob_id"],
            "organization_id": file.row["organization_id"],
            "content": file.content,
        }
        for file in files
    ]
    await connection.execute(_BLOBS, blobs)
    await connection.execute(_FILES, {"rows": as_json(file.row for file in files)})


def make(engine: AsyncEngine, ring: Callable[[str], None]) -> Acceptor:
    """In a running event loop."""
    return Acceptor(engine, ring)
