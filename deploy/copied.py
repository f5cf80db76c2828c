"""A database that came from a backup: what in it may have happened since. See `restored.py`.

Each step is many small transactions, and can be cut off and run again.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import clock, tracking
from common.statuses import Reason
from common.tracking import Sighting

_REASON: Final[Reason] = {
    "message": "The database was restored from a backup, and the message may have been sent after "
    "that was made. It is not sent again, as that could send it twice; an event of SES will tell.",
    "type": "Restored",
}
_LET_GO: Final = {"lease_token": None, "lease_until": None, "claims": 0}

_IN_USE: Final = sa.text("""
SELECT EXISTS (SELECT FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'postroom' AND pid <> pg_backend_pid())
""")
# Each by its own partial index. What is not due yet nobody can have sent.
_UNFINISHED: Final = {
    state: sa.text(f"""
SELECT id FROM message WHERE send_state = '{state}' AND created_at < :before {due}
ORDER BY {order} LIMIT 200 FOR NO KEY UPDATE
""")
    for state, due, order in (
        ("queued", "AND due_at <= now()", "organization_id, due_at"),
        ("sending", "", "lease_until"),
        ("unknown", "", "due_at"),
    )
}
_SEND_AGAIN: Final = sa.text(f"""
UPDATE message SET send_state = 'queued', due_at = now()
WHERE send_state = 'held' AND status_reason ->> 'type' = '{_REASON["type"]}'
    AND (CAST(:organization_id AS uuid) IS NULL OR organization_id = :organization_id)
""")
# Numbers that this cluster has not given yet were given by another. One probe an organization.
_FOREIGN: Final = sa.text("""
SELECT coalesce(max(newest.transaction) >= pg_current_xact_id()::text::bigint, false)
FROM organization o CROSS JOIN LATERAL (
    SELECT transaction FROM event e WHERE e.organization_id = o.id
    ORDER BY transaction DESC LIMIT 1
) newest
""")
_NUMBER_ANEW: Final = sa.text("""
WITH batch AS MATERIALIZED (
    SELECT id FROM event WHERE id > :after AND transaction <> 0 ORDER BY id LIMIT 5000
), numbered AS (
    UPDATE event SET transaction = 0 WHERE id IN (SELECT id FROM batch)
)
SELECT count(*) AS events, (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last FROM batch
""")
_FOUND: Final = sa.text("""
SELECT (SELECT count(*) FROM message WHERE send_state = 'queued') AS later,
    (SELECT count(*) FROM delivery WHERE state = 'pending') AS deliveries,
    (SELECT created_at FROM event ORDER BY id DESC LIMIT 1) AS newest
""")


@dataclass(slots=True)
class Held:
    """How many messages, by the state that they were in, and by whose they are."""

    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_UNFINISHED, 0))
    organizations: Counter[UUID] = field(default_factory=Counter)


def is_in_use(engine: sa.Engine) -> bool:
    """Whether a process of Postroom is connected."""
    with engine.connect() as connection:
        return bool(connection.execute(_IN_USE).scalar_one())


def hold(engine: sa.Engine, before: datetime) -> Held:
    """All that is unfinished, and was accepted before then."""
    held = Held()
    for state, query in _UNFINISHED.items():
        is_over = False
        while not is_over:
            with engine.begin() as connection:
                found = connection.execute(query, {"before": before}).scalars().all()
                held.organizations.update(_hold(connection, found))
            held.states[state] += len(found)
            is_over = not found
    return held


def _hold(connection: sa.Connection, found: Iterable[UUID]) -> list[UUID]:
    """Whose they are."""
    tracked = tracking.lock(connection, found)
    now = connection.execute(sa.select(sa.func.now())).scalar_one()
    for one in tracked.values():
        one.see(Sighting(one.state["id"], "held", now, reason=_REASON))
        one.state |= _LET_GO | {"send_state": "held"}
    tracking.save(connection, tracked.values())
    return [one.state["organization_id"] for one in tracked.values()]


def send_again(engine: sa.Engine, organization_id: UUID | None) -> int:
    """Of one organization or of all: what was held here and no event of SES has healed."""
    with engine.begin() as connection:
        return connection.execute(_SEND_AGAIN, {"organization_id": organization_id}).rowcount


def number_anew(engine: sa.Engine) -> int:
    """Events of a cluster that had come further with its transactions, all before any of ours."""
    with engine.begin() as connection:
        if not connection.execute(_FOREIGN).scalar_one():
            return 0
    events, after = 0, UUID(int=0)
    while after is not None:
        with engine.begin() as connection:
            batch = connection.execute(_NUMBER_ANEW, {"after": after}).one()
        events, after = events + batch.events, batch.last
    return events


def found(engine: sa.Engine) -> dict[str, Any]:
    """What is left as it is, and how new the newest event is."""
    with engine.connect() as connection:
        row = connection.execute(_FOUND).one()
    newest = clock.wire(row.newest) if row.newest else None
    return {"later": row.later, "deliveries": row.deliveries, "newest": newest}
