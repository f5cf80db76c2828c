"""The table `feedback`: every event of SES once, and whose it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import clock
from common.db import Texts, as_json, identifiers, recordset
from common.models import Feedback
from services.status.parse import Parsed, SesEvent, parse


@dataclass(frozen=True, slots=True)
class Home:
    """The message of ours that an event is about."""

    message_id: UUID
    organization_id: UUID
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A row of feedback, and the message that it is about."""

    id: UUID
    parsed: Parsed
    home: Home | None


_FIND = sa.text("""
SELECT m.id, m.organization_id, m.request_id, m.external_message_id FROM message m
WHERE m.direction = 'outbound' AND (
    m.id = ANY (CAST(:ids AS uuid[]))
    OR m.external_message_id IS NOT NULL AND m.external_message_id = ANY (CAST(:external AS text[]))
)
""")

_COLUMNS: Final = (
    "id",
    "organization_id",
    "message_id",
    "dedup_key",
    "kind",
    "external_message_id",
    "received_at",
    "applied_at",
)
# The bodies beside their rows: see `Texts`.
_STORE = sa.text(f"""
INSERT INTO feedback ({", ".join(_COLUMNS)}, raw)
SELECT {", ".join(_COLUMNS)}, unnest
FROM ROWS FROM ({recordset(Feedback)}, unnest(CAST(:raws AS text[]))) told
ON CONFLICT (dedup_key) DO NOTHING RETURNING id
""")

# Only what can be applied now, so that a set, once applied, is gone from the next.
_WAITING = sa.text("""
SELECT f.id, f.raw, m.id AS message_id, m.organization_id, m.request_id
FROM feedback f
JOIN message m ON m.external_message_id = f.external_message_id AND m.direction = 'outbound'
WHERE f.applied_at IS NULL AND f.external_message_id IS NOT NULL AND f.received_at > :since
ORDER BY f.received_at, f.id LIMIT :most OFFSET :skip
FOR NO KEY UPDATE OF f SKIP LOCKED
""")
OLDEST_WAITING: Final = """
SELECT extract(epoch FROM now() - min(f.received_at)) FROM feedback f
WHERE f.applied_at IS NULL AND f.external_message_id IS NOT NULL
    AND f.received_at > now() - interval '15 minutes'
"""
"""Seconds that the oldest event which may yet find its message has waited; older ones are taken
for somebody else's.
"""
_MATCH = sa.text(f"""
UPDATE feedback f SET
    organization_id = n.organization_id, message_id = n.message_id, applied_at = n.applied_at
FROM {recordset(Feedback)} n WHERE f.id = n.id
""")


def find(connection: sa.Connection, events: list[SesEvent]) -> Callable[[Parsed], Home | None]:
    """Whose an event is: by our tag, else by the id that SES gave."""
    wanted = {
        "ids": identifiers({one.message_id for one in events if one.message_id}),
        "external": list({one.external_message_id for one in events}),
    }
    rows = connection.execute(_FIND, wanted).mappings().all()
    by_id = {row["id"]: _home(row, "id") for row in rows}
    by_external_id = {row["external_message_id"]: by_id[row["id"]] for row in rows}

    def home_of(one: Parsed) -> Home | None:
        if not isinstance(one, SesEvent):
            return None
        tagged = by_id.get(one.message_id) if one.message_id else None
        return tagged or by_external_id.get(one.external_message_id)

    return home_of


def _home(row: sa.RowMapping, id_column: str) -> Home:
    return Home(row[id_column], row["organization_id"], row["request_id"])


def store(connection: sa.Connection, cases: Iterable[Case]) -> set[UUID]:
    """The ids of those that were not there before. Written in the order of the unique key, so
    two sets that overlap wait for each other one way round.
    """
    ordered = sorted(cases, key=lambda case: case.parsed.dedup_key)
    raws = Texts(case.parsed.raw for case in ordered)
    values = {"rows": as_json(map(_row, ordered)), "raws": raws}
    return set(connection.execute(_STORE, values).scalars())


def waiting(connection: sa.Connection, reach: timedelta, most: int, skip: int) -> list[Case]:
    """Of what has no message yet, and was received within `reach`, the oldest whose message is
    there now. Held until the transaction ends; `match` it there.
    """
    bounds = {"since": clock.now() - reach, "most": most, "skip": skip}
    rows = connection.execute(_WAITING, bounds).mappings()
    return [Case(row["id"], parse(row["raw"]), _home(row, "message_id")) for row in rows]


def match(connection: sa.Connection, cases: Iterable[Case]) -> None:
    """Write down whose they are, and that it is done."""
    connection.execute(_MATCH, {"rows": as_json(map(_row, cases))})


def _row(case: Case) -> dict[str, Any]:
    now = clock.now()
    event = case.parsed if isinstance(case.parsed, SesEvent) else None
    return {
        "id": case.id,
        "organization_id": case.home and case.home.organization_id,
        "message_id": case.home and case.home.message_id,
        "dedup_key": case.parsed.dedup_key,
        "kind": case.parsed.kind,
        "external_message_id": event and event.external_message_id,
        "received_at": now,
        "applied_at": now if case.home else None,
    }
