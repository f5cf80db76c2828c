"""A database with so much in it that a plan means something: 20,000 messages and what hangs on
them, in 20,000 inboxes. Made by sets, as the product could only do it in minutes.

What fills few pages the planner rightly reads as a whole, so no table of a tenant has few: rows are
long where there are not enough of them.
"""

from contextlib import closing
from typing import Final

import sqlalchemy as sa

ROWS: Final = 20_000

# Numbers decide all: whose a row is, where it stands. `id_of` makes ids that sort by number, in the
# past; `k` keeps those of different tables apart. A fiftieth of all is one inbox's.
_FUNCTIONS: Final = """
-- Foreign keys are half of the time, and all of them are kept anyhow.
SELECT set_config('session_replication_role', 'replica', true)
FROM pg_roles WHERE rolname = current_user AND rolsuper;
CREATE FUNCTION pg_temp.id_of(k int, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1760000000000 + n::bigint * 60000), 12, '0') || '7'
        || lpad(to_hex(k), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid
$$;
CREATE TEMP TABLE number AS SELECT n, n % 20 AS kind, pg_temp.id_of(1, o) AS organization_id,
    pg_temp.id_of(2, i) AS inbox_id, pg_temp.id_of(7, o) AS webhook_id,
    pg_temp.id_of(3, n) AS thread_id, pg_temp.id_of(4, n) AS id, pg_temp.id_of(5, n) AS event_id
FROM generate_series(0, {messages} - 1) n, LATERAL (
    SELECT CASE WHEN n % 49 = 0 THEN 0 ELSE n % 5000 END AS o,
        CASE WHEN n % 49 = 0 THEN 0 ELSE n END AS i
) whose;
ANALYZE number;
"""
_PEOPLE: Final = """
INSERT INTO organization (id, name, created_at)
SELECT id_of(1, n), 'o' || n, now() FROM generate_series(0, 4999) n;
INSERT INTO api_key (id, organization_id, name, prefix, hash, created_at)
SELECT id_of(6, n), id_of(1, n), '', '', sha256(n::text::bytea), now()
FROM generate_series(0, 4999) n;
INSERT INTO inbox (id, organization_id, email, name, created_at, updated_at)
SELECT id_of(2, n), id_of(1, n % 5000), 'i' || n || '@mail.test', rpad('Shop', 150, '.'),
    now(), now()
FROM number;
INSERT INTO webhook (id, organization_id, url, events, secret, enabled, created_at, updated_at)
SELECT id_of(7, n), id_of(1, n % 5000), rpad('https://', 350, 'x'), '{message.sent}',
    rpad('', 150, 'x'), true, now(), now()
FROM number;
"""
# Of twenty: 13 done, 4 that wait, 2 received, and one of what is rare.
_MAIL: Final = """
INSERT INTO thread (id, organization_id, inbox_id, subject, last_message_id, message_count,
    created_at, updated_at)
SELECT thread_id, organization_id, inbox_id, rpad('Order ' || n, 150, '.'), id, 1, now(), now()
FROM number;
INSERT INTO message (id, organization_id, inbox_id, thread_id, direction, from_email,
    from_name, subject, text, reply_to, headers, labels, reference_ids, status, send_state, due_at,
    lease_until, claims, attempts, external_message_id, internet_message_id, created_at, updated_at)
SELECT id, organization_id, inbox_id, thread_id,
    CASE WHEN kind > 17 THEN 'inbound' ELSE 'outbound' END, 'i@mail.test', '', 'Order ' || n,
    repeat('All of these are words of a message. ', 8), '{}', '{}',
    CASE WHEN n % 10 = 0 THEN '{orders}'::text[] ELSE '{}' END, '{}',
    CASE WHEN kind < 13 THEN 'sent' WHEN kind > 17 THEN 'received' ELSE 'queued' END,
    CASE WHEN kind < 13 THEN 'done' WHEN kind < 17 THEN 'queued' WHEN kind > 17 THEN NULL
        WHEN n % 3 = 0 THEN 'unknown' WHEN n % 3 = 1 THEN 'sending' ELSE 'queued' END,
    now() - interval '1 hour' + n * interval '0.1 s',
    CASE WHEN kind = 17 AND n % 3 = 1 THEN now() - interval '1 min' END,
    CASE WHEN kind = 17 AND n % 3 = 2 THEN 2 + n % 9 ELSE 0 END, 0,
    CASE WHEN kind < 13 OR kind > 17 THEN '0100' || n END,
    CASE WHEN kind > 17 THEN '<' || n || '@customer.example>' END, now(), now()
FROM number;
INSERT INTO recipient (message_id, position, organization_id, kind, email, name, status, status_at,
    updated_at)
SELECT id, 0, organization_id, 'to', 'jo@example.com', '',
    CASE WHEN kind < 13 THEN 'sent' WHEN kind > 17 THEN 'received' ELSE 'queued' END, now(), now()
FROM number;
INSERT INTO search (message_id, organization_id, inbox_id, document)
SELECT id, organization_id, inbox_id,
    array_to_tsvector(ARRAY['please', 'order', n::text, 'w' || n % 20, ':i:sent'] || ARRAY(
        SELECT rpad('word' || w, 100, 'x') FROM generate_series(1, 8) w
    ))
FROM number;
INSERT INTO rawmail (message_id, organization_id, bucket, key, sha256, size)
SELECT id, organization_id, 'b', n::text, '', 1 FROM number WHERE kind > 17;
INSERT INTO blob (id, organization_id, content)
SELECT thread_id, organization_id, 'x' FROM number WHERE kind < 5;
INSERT INTO attachment (id, organization_id, message_id, position, name, content_type, size,
    blob_id)
SELECT thread_id, organization_id, id, 0, 'a', 'text/plain', 1, thread_id
FROM number WHERE kind < 5;
"""
_TOLD: Final = """
INSERT INTO event (id, organization_id, inbox_id, message_id, type, payload, created_at,
    transaction)
SELECT event_id, organization_id, inbox_id, id, 'message.sent',
    jsonb_build_object('id', n, 'subject', repeat('x', 100)), now(), n
FROM number;
INSERT INTO delivery (id, organization_id, event_id, webhook_id, state, due_at, created_at,
    attempts)
SELECT event_id, organization_id, event_id, webhook_id,
    CASE WHEN kind = 7 THEN 'pending' WHEN kind = 8 THEN 'exhausted' ELSE 'delivered' END,
    now() - interval '1 min', now(), 0
FROM number;
INSERT INTO attempt (id, organization_id, delivery_id, webhook_id, number, latency_ms, status,
    excerpt, created_at)
SELECT event_id, organization_id, event_id, webhook_id, 1, 9, 200, '', now()
FROM number WHERE kind <> 7;
INSERT INTO feedback (id, organization_id, message_id, dedup_key, kind, external_message_id, raw,
    received_at, applied_at)
SELECT event_id, CASE WHEN kind < 13 THEN organization_id END, CASE WHEN kind < 13 THEN id END,
    n::text, 'delivery', CASE WHEN kind < 13 THEN '0100' ELSE 'other' END || n,
    repeat('{"a": "b"} ', 30), now() - interval '2 days', CASE WHEN kind < 13 THEN now() END
FROM number;
INSERT INTO idempotency (organization_id, key, fingerprint, status, body, created_at)
SELECT organization_id, n::text, '', 202, repeat('x', 1500)::bytea, now() - n * interval '10 s'
FROM number;
"""


def fill(engine: sa.Engine) -> None:
    """And let Postgres know what is there, as autovacuum does."""
    with engine.begin() as connection:
        for script in (_FUNCTIONS.replace("{messages}", str(ROWS)), _PEOPLE, _MAIL, _TOLD):
            _run(connection, script.replace(" id_of(", " pg_temp.id_of("))
        _run(connection, "ANALYZE")


def _run(connection: sa.Connection, script: str) -> None:
    """A `%` in it is an operator, which SQLAlchemy would take for a parameter."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(script)
