"""Whose turn it is: the statements that take messages for one sender.

Organizations take turns, so that ten thousand messages of one hold nobody else's back. The turns
go round by the organizations' ids, each claim from where the last one ended; within one, its
oldest message comes first. What is taken is bounded by recipients too, as SES counts those.

A message that was claimed twice and never came back may be what killed its senders: a suspect. It
is claimed alone, so that it takes nobody with it, and in the end not at all (`leftovers`).
"""

from typing import Final

import sqlalchemy as sa

from common import resources

SUSPECT: Final = 2
"""Claims without a return that make one."""
MOST_CLAIMS: Final = 5
"""After which a message is not tried again."""

FREE: Final = """
    send_state = 'queued' AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
"""

GOES: Final = """NOT EXISTS (
    SELECT FROM organization o WHERE o.id = organization_id AND o.paused_at IS NOT NULL
)"""
"""Nothing of an organization that is paused is sent; it keeps its place."""

# What other senders have in hand stands before the head in the index: little, and read over.
_WAITS: Final = """
    SELECT organization_id, due_at FROM message
    WHERE send_state = 'queued' AND (lease_until IS NULL OR lease_until < now())
"""
_HEAD: Final = f"{_WAITS} AND claims < {SUSPECT}"
_FIRST: Final = "ORDER BY organization_id, due_at LIMIT 1"

_TAKE: Final = f"""
UPDATE message m
SET lease_token = :token, lease_until = now() + make_interval(secs => :lease),
    claims = m.claims + 1
FROM chosen WHERE m.id = chosen.id
RETURNING {resources.MESSAGE_COLUMNS_WITH_BODIES}, m.headers, m.reference_ids, m.request_id,
    m.trace,
    (SELECT CASE p.direction WHEN 'inbound' THEN p.internet_message_id
        ELSE '<' || p.external_message_id || '@' || :wire || '>' END
     FROM message p WHERE p.id = m.in_reply_to_id AND p.organization_id = m.organization_id
    ) AS parent_wire_id
"""

# Each organization's head is one probe of ix_message_turn, however much waits behind it. Recursion
# ends with the LIMIT: Postgres makes no more rows of it than are asked for.
TURNS: Final = sa.text(f"""
WITH RECURSIVE ahead AS (
    ({_HEAD} AND organization_id > :after {_FIRST})
    UNION ALL
    SELECT following.* FROM ahead CROSS JOIN LATERAL (
        {_HEAD} AND organization_id > ahead.organization_id {_FIRST}
    ) following
), behind AS (
    ({_HEAD} AND organization_id <= :after {_FIRST})
    UNION ALL
    SELECT following.* FROM behind CROSS JOIN LATERAL (
        {_HEAD} AND organization_id > behind.organization_id AND organization_id <= :after {_FIRST}
    ) following
)
SELECT organization_id FROM ahead WHERE due_at <= now() AND {GOES}
UNION ALL SELECT organization_id FROM behind WHERE due_at <= now() AND {GOES}
LIMIT :most
""")

OLDEST_WAITING: Final = f"""
WITH RECURSIVE heads AS (
    ({_WAITS} {_FIRST})
    UNION ALL
    SELECT following.* FROM heads CROSS JOIN LATERAL (
        {_WAITS} AND organization_id > heads.organization_id {_FIRST}
    ) following
)
SELECT extract(epoch FROM now() - min(due_at)) FROM heads WHERE due_at <= now() AND {GOES}
"""
"""Seconds; of the oldest that could be taken. A probe for each organization, as above: what waits
for one that is paused is not read.
"""

# A claim does not wait for the disk: of one that a crash of Postgres takes back the start is
# refused, since the row has not our token, and the message is anybody's.
#
# `each` is a number of its own statement: of a LIMIT that is yet to be found out the planner
# thinks the worst, and sorts all that waits (1.5 s of 200,000 messages; 5 ms with the number).
CLAIM: Final = sa.text(f"""
WITH hasty AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
), due AS MATERIALIZED (
    SELECT oldest.id, turn.place,
        row_number() OVER (PARTITION BY turn.place ORDER BY oldest.due_at) AS nth
    FROM unnest(CAST(:turns AS uuid[])) WITH ORDINALITY AS turn (organization_id, place)
    CROSS JOIN LATERAL (
        SELECT id, due_at FROM message
        WHERE organization_id = turn.organization_id AND {FREE} AND claims < {SUSPECT}
        ORDER BY organization_id, due_at LIMIT :each FOR NO KEY UPDATE SKIP LOCKED
    ) oldest
), counted AS (
    SELECT due.*, row_number() OVER turns AS number,
        sum((SELECT count(*) FROM recipient r WHERE r.message_id = due.id)) OVER (
            turns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS recipients_before
    FROM due WINDOW turns AS (ORDER BY nth, place)
), chosen AS (
    SELECT id, number FROM counted, hasty
    WHERE number <= :most AND coalesce(recipients_before, 0) < :recipients
)
{_TAKE}, chosen.number
""")

_IS_SUSPECT: Final = f"{FREE} AND claims > 1 AND claims < {MOST_CLAIMS} AND {GOES}"

HAS_SUSPECTS: Final = sa.text(f"SELECT EXISTS (SELECT FROM message WHERE {_IS_SUSPECT})")

CLAIM_SUSPECT: Final = sa.text(f"""
WITH chosen AS (
    SELECT id, 1 AS number FROM message WHERE {_IS_SUSPECT}
    ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
{_TAKE}, chosen.number
""")
