"""What `/metrics` says of endpoints: how many are in which state, and which are the worst.

The table is read whole at each scrape: endpoints are few beside what they are sent. Only so many
are named, and one that does well again is gone at the next scrape: a label must not
grow with what customers make.
"""

from functools import partial
from typing import Final

from common import ids
from common.metrics import Question

NAMED: Final = 20
_CALLED: Final = "enabled AND deleted_at IS NULL"
_WORST: Final = f"""
    SELECT id, failing_since, failures FROM webhook
    WHERE {_CALLED} AND failing_since IS NOT NULL ORDER BY failing_since LIMIT {NAMED}
"""
_named: Final = partial(
    Question, labels=("webhook_id",), spell=lambda webhook_id: ids.encode(ids.WEBHOOK, webhook_id)
)

QUESTIONS: Final = (
    Question(
        "postroom_webhook_endpoints",
        "Endpoints: healthy, failing, open (probed now and then), disabled by us or off by owner",
        ("state",),
        f"""
        SELECT state, count(counted.id) FROM unnest(
            ARRAY['healthy', 'failing', 'open', 'disabled', 'off']
        ) state LEFT JOIN (
            SELECT id, CASE
                WHEN {_CALLED} AND failures = 0 THEN 'healthy'
                WHEN {_CALLED} AND probe_at IS NULL THEN 'failing'
                WHEN {_CALLED} THEN 'open'
                WHEN disabled_reason IN ('gone', 'failing') THEN 'disabled'
                ELSE 'off' END AS is_in
            FROM webhook WHERE deleted_at IS NULL
        ) counted ON counted.is_in = state GROUP BY state
        """,
    ),
    _named(
        name="postroom_webhook_failing_seconds",
        documentation=f"For how long an endpoint has failed; of the {NAMED} that have longest",
        query=f"SELECT id, extract(epoch FROM now() - failing_since) FROM ({_WORST}) worst",
    ),
    _named(
        name="postroom_webhook_failures",
        documentation="Attempts in a row that have failed, of the same endpoints",
        query=f"SELECT id, failures FROM ({_WORST}) worst",
    ),
    _named(
        name="postroom_webhook_oldest_seconds",
        documentation="For how long the oldest delivery has waited for each of them",
        query=f"""
        SELECT worst.id, extract(epoch FROM now() - (
            SELECT e.created_at FROM delivery d JOIN event e ON e.id = d.event_id
            WHERE d.webhook_id = worst.id AND d.state = 'pending' ORDER BY d.due_at LIMIT 1
        )) FROM ({_WORST}) worst
        """,
    ),
)
