"""Whose turn it is: the statements that take deliveries for one worker.

Endpoints take turns: each one's oldest comes before any one's second. None has more in hand than
its room, so one that hangs leaves the other places free. An endpoint whose circuit is open gets one
attempt when its probe is due; where one was deleted or disabled, what is due for it is taken to be
cancelled.

Of deliveries with one order key only that of the oldest event is free, whatever the others' times:
what comes after it in the thread waits until it has been delivered or given up.
"""

from typing import Final

import sqlalchemy as sa

from services.webhooks.health import CAUTIOUS

_UNLEASED: Final = "d.state = 'pending' AND (d.lease_until IS NULL OR d.lease_until < now())"
FREE: Final = f"{_UNLEASED} AND d.due_at <= now()"

# Each endpoint's oldest is one probe of ix_delivery_turn, however much waits behind it.
_WAITING: Final = """
WITH RECURSIVE waiting AS (
    (SELECT webhook_id FROM delivery WHERE state = 'pending' ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT following.webhook_id FROM waiting CROSS JOIN LATERAL (
        SELECT webhook_id FROM delivery
        WHERE state = 'pending' AND webhook_id > waiting.webhook_id
        ORDER BY webhook_id LIMIT 1
    ) following
)"""
TURNS: Final = sa.text(f"""{_WAITING}, turn AS (
    SELECT w.id, w.probe_at, CASE
        WHEN NOT w.enabled OR w.deleted_at IS NOT NULL THEN :most
        WHEN w.probe_at > now() THEN 0
        WHEN w.probe_at IS NOT NULL THEN 1
        WHEN w.failures > 0 THEN least({CAUTIOUS}, :limit)
        ELSE :limit END - coalesce(h.held, 0) AS room
    FROM waiting JOIN webhook w ON w.id = waiting.webhook_id
    LEFT JOIN json_to_recordset(CAST(:in_hand AS json)) AS h (webhook_id uuid, held int)
        ON h.webhook_id = w.id
)
SELECT turn.id, turn.room, turn.probe_at IS NOT NULL AS probes
FROM turn CROSS JOIN LATERAL (
    SELECT d.due_at FROM delivery d WHERE d.webhook_id = turn.id AND {_UNLEASED}
    ORDER BY d.webhook_id, d.due_at LIMIT 1
) oldest
WHERE turn.room > 0 AND oldest.due_at <= now()
ORDER BY oldest.due_at LIMIT :most
""")

# A claim does not wait for the disk: one that a crash of Postgres takes back is made again, and its
# webhook comes twice, as webhooks may; what is recorded waits. Places stood empty for it (a commit
# took 10 to 60 ms on the disk of the bench).
#
# A probe is one process's until its lease is over: the others see that it is not due.
#
# `each` is a number of its own statement: of a LIMIT that is yet to be found out the planner
# thinks the worst (see `services/sender/claims.py`).
CLAIM: Final = sa.text(f"""
WITH hasty AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), due AS MATERIALIZED (
    SELECT oldest.id, oldest.due_at, turn.room, row_number() OVER (
        PARTITION BY turn.webhook_id ORDER BY oldest.due_at, oldest.event_id
    ) AS nth
    FROM json_to_recordset(CAST(:turns AS json)) AS turn (webhook_id uuid, room int)
    CROSS JOIN LATERAL (
        SELECT d.id, d.due_at, d.event_id FROM delivery d
        WHERE d.webhook_id = turn.webhook_id AND {FREE} AND (
            d.order_key IS NULL OR NOT EXISTS (
                SELECT FROM delivery earlier
                WHERE earlier.webhook_id = d.webhook_id AND earlier.order_key = d.order_key
                    AND earlier.state = 'pending' AND earlier.event_id < d.event_id
            )
        )
        ORDER BY d.webhook_id, d.due_at LIMIT :each FOR NO KEY UPDATE OF d SKIP LOCKED
    ) oldest
), chosen AS (
    SELECT id FROM due, hasty WHERE nth <= room ORDER BY nth, due_at LIMIT :most
), claimed AS (
    UPDATE delivery d SET attempts = d.attempts + 1, lease_token = :token,
        lease_until = now() + make_interval(secs => :lease)
    FROM chosen WHERE d.id = chosen.id
    RETURNING d.id, d.event_id, d.webhook_id, d.organization_id, d.attempts, d.due_at, d.order_key
), probed AS (
    UPDATE webhook w SET probe_at = now() + make_interval(secs => :lease)
    WHERE w.id IN (SELECT webhook_id FROM claimed) AND w.probe_at <= now()
)
SELECT c.id AS delivery_id, c.webhook_id, c.attempts, c.due_at, c.order_key IS NOT NULL AS ordered,
    w.url, w.secret, CASE WHEN w.old_secret_until > now() THEN w.old_secret END AS old_secret,
    w.failures, w.enabled AND w.deleted_at IS NULL AS wanted,
    e.id, e.organization_id, e.inbox_id, e.message_id, e.type, e.payload, e.created_at,
    m.text, m.html, m.extracted_text, m.request_id, m.trace
FROM claimed c
JOIN webhook w ON w.id = c.webhook_id AND w.organization_id = c.organization_id
JOIN event e ON e.id = c.event_id AND e.organization_id = c.organization_id
LEFT JOIN message m ON m.id = e.message_id AND m.organization_id = c.organization_id
ORDER BY c.due_at, e.id
""")

# What waits for an endpoint that is in trouble says nothing of the workers.
OLDEST_WAITING: Final = f"""
{_WAITING}
SELECT extract(epoch FROM now() - min(oldest.due_at))
FROM waiting JOIN webhook w ON w.id = waiting.webhook_id AND w.failures = 0
CROSS JOIN LATERAL (
    SELECT d.due_at FROM delivery d WHERE d.webhook_id = w.id AND {_UNLEASED}
    ORDER BY d.webhook_id, d.due_at LIMIT 1
) oldest
WHERE oldest.due_at <= now()
"""
