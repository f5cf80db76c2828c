"""What is old goes: in small batches, with a pause after each, beside the work of the day.

    with housekeeping.running(engine, housekeeping.feedback(days=30)):
        ...

Messages, recipients and threads are never old. Any number of processes may do this at once: each
takes rows that no other holds. Time is the database's. The ids are UUIDv7, so age is a range of the
primary key, and needs no index of its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from common import ids, logs

A_BATCH: Final = 500
LOOK_SECONDS: Final = 300.0
_SHORTEST_PAUSE: Final = 0.1
_PAUSE_FACTOR: Final = 4
"""The pause is as many times as long as its batch took: a fifth of one connection, at most."""
_STOP_SECONDS: Final = 5.0

PURGED = Counter("postroom_purged_rows_total", "Rows deleted because of their age", ["table"])

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows that are kept for so long. `delete` takes `before` and `cutoff` (the limit of age, as an
    id and as a moment), `after` (where the batch before it ended: what was deleted lies in the
    index until the next vacuum, and is not walked through again) and `most`. It gives the number of
    deleted rows by table, and `last`, the next `after`. `table` is the one that `most` bounds.
    """

    table: str
    keep: timedelta
    delete: sa.TextClause
    begin: UUID | datetime


_FIRST_ID: Final = UUID(int=0)
_FIRST_MOMENT: Final = datetime.min.replace(tzinfo=UTC)

_FEEDBACK = sa.text("""
WITH old AS MATERIALIZED (
    SELECT id FROM feedback WHERE id > :after AND id < :before
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM feedback WHERE id = ANY (ARRAY(SELECT id FROM old)) RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS feedback,
    (SELECT id FROM old ORDER BY id DESC LIMIT 1) AS last
""")

# From the same moment on, not after it: rows of one moment may lie in two batches.
_IDEMPOTENCY = sa.text("""
WITH old AS MATERIALIZED (
    SELECT organization_id, key, created_at FROM idempotency
    WHERE created_at >= :after AND created_at < :cutoff
    ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM idempotency i USING old
    WHERE i.organization_id = old.organization_id AND i.key = old.key RETURNING 1
)
SELECT (SELECT count(*) FROM gone) AS idempotency, (SELECT max(created_at) FROM old) AS last
""")

# An event goes with all that hangs on it, in one statement: foreign keys are looked at when it
# ends. One that is still to be told to an endpoint stays, however old it is.
_EVENTS = sa.text("""
WITH old AS MATERIALIZED (
    SELECT e.id FROM event e
    WHERE e.id > :after AND e.id < :before AND NOT EXISTS (
        SELECT FROM delivery d WHERE d.event_id = e.id AND d.state = 'pending'
    )
    ORDER BY e.id LIMIT :most FOR UPDATE OF e SKIP LOCKED
), told AS MATERIALIZED (
    SELECT id FROM delivery WHERE event_id = ANY (ARRAY(SELECT id FROM old))
), attempts AS (
    DELETE FROM attempt WHERE delivery_id = ANY (ARRAY(SELECT id FROM told)) RETURNING 1
), deliveries AS (
    DELETE FROM delivery WHERE id = ANY (ARRAY(SELECT id FROM told)) RETURNING 1
), events AS (
    DELETE FROM event WHERE id = ANY (ARRAY(SELECT id FROM old)) RETURNING 1
)
SELECT (SELECT count(*) FROM attempts) AS attempt, (SELECT count(*) FROM deliveries) AS delivery,
    (SELECT count(*) FROM events) AS event, (SELECT id FROM old ORDER BY id DESC LIMIT 1) AS last
""")


def feedback(days: int) -> Retention:
    """What SES has reported."""
    return Retention("feedback", timedelta(days=days), _FEEDBACK, _FIRST_ID)


def events(days: int) -> Retention:
    """Events, their deliveries and the attempts at them."""
    return Retention("event", timedelta(days=days), _EVENTS, _FIRST_ID)


def idempotency() -> Retention:
    """Answers under an Idempotency-Key. They count for 24 hours; the hour more is for clocks that
    differ, as the API goes by its own.
    """
    return Retention("idempotency", timedelta(hours=25), _IDEMPOTENCY, _FIRST_MOMENT)


def purge(
    engine: sa.Engine, retention: Retention, stopping: threading.Event, most: int = A_BATCH
) -> int:
    """All that is old now, or as much as is deleted when `stopping` is set; the number of batches
    that found something. Each is committed on its own.
    """
    after = retention.begin
    cutoff = _now(engine) - retention.keep
    limit = {"before": ids.first_at(cutoff.timestamp()), "cutoff": cutoff, "most": most}
    asked = {name: limit[name] for name in limit if f":{name}" in retention.delete.text}
    batches, found = 0, most
    while found == most and not stopping.is_set():
        begun = time.monotonic()
        with engine.begin() as connection:
            row = dict(
                connection.execute(retention.delete, {**asked, "after": after}).mappings().one()
            )
        after = row.pop("last")
        found = row[retention.table]
        batches += bool(found)
        for table, count in row.items():
            PURGED.labels(table).inc(count)
        if found == most:
            stopping.wait(max(_SHORTEST_PAUSE, _PAUSE_FACTOR * (time.monotonic() - begun)))
    return batches


def _now(engine: sa.Engine) -> datetime:
    with engine.connect() as connection:
        moment: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return moment


def keep_house(
    engine: sa.Engine,
    retentions: tuple[Retention, ...],
    stopping: threading.Event,
    look_seconds: float,
) -> None:
    """Look every now and then until `stopping` is set. Survives whatever the database does."""
    while not stopping.is_set():
        for retention in retentions:
            try:
                purge(engine, retention, stopping)
            except Exception:
                log.exception("housekeeping.interrupted", table=retention.table)
        stopping.wait(look_seconds)


@contextmanager
def running(
    engine: sa.Engine, *retentions: Retention, look_seconds: float = LOOK_SECONDS
) -> Iterator[None]:
    """In a thread of its own. On leaving it ends at once: after the batch that it is in."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=keep_house,
        args=(engine, retentions, stopping, look_seconds),
        name="housekeeping",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_STOP_SECONDS)
