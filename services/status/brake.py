"""The brake: an organization whose mail bounces or is called spam too often is paused.

SES reviews an account above 5 % of hard bounces or 0.1 % of complaints, and may stop it: that
is everybody's mail here. So each organization is held to the same lines over its last 1,000 sends,
and the operator releases it (`python -m deploy.brake`) when its list of addresses is mended.

The lines are of 1,000, however few it has sent: one bounce of ten mails is no rate. A bounce that
SES made up for the account's own suppression list counts towards nobody's rate, nor does it here.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter

from common import events, ids, logs, resources
from common.db import identifiers
from common.events import NewEvent
from common.metrics import Question
from common.models.base import JSON
from common.resources import Row

# type: bounces, complaints
PAUSED = Counter("postroom_organizations_paused_total", "Organizations that were braked", ["type"])
PAUSED_NOW: Final = Question(
    "postroom_paused_organizations",
    "Organizations whose mail is held: bounces and complaints by the brake, operator by hand",
    ("type",),
    "SELECT type, count(o.id) FROM unnest(ARRAY['bounces', 'complaints', 'operator']) type"
    " LEFT JOIN organization o ON o.paused_at IS NOT NULL AND o.paused_reason ->> 'type' = type"
    " GROUP BY type",
)
SENDS: Final = 1000
"""The newest of an organization, that are looked at."""
_LOOK_SECONDS: Final = 1.0

Type = Literal["bounces", "complaints", "operator"]

log = logs.get(__name__)

_HAS: Final = """
    newest.status IN ('bounced', 'complained') AND EXISTS (
        SELECT FROM recipient r WHERE r.message_id = newest.id
            AND coalesce(r.reason ->> 'subType', '') <> 'OnAccountSuppressionList' AND r.status =
"""
_COUNT: Final = sa.text(f"""
SELECT o.id, counted.bounced, counted.complained
FROM organization o CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE {_HAS} 'bounced')) AS bounced,
        count(*) FILTER (WHERE {_HAS} 'complained')) AS complained
    FROM (
        SELECT m.id, m.status FROM message m
        WHERE m.organization_id = o.id AND m.direction = 'outbound'
            AND m.external_message_id IS NOT NULL
            AND m.created_at > coalesce(o.counted_from, '-infinity')
        ORDER BY m.id DESC LIMIT {SENDS}
    ) newest
) counted
WHERE o.id = ANY (CAST(:ids AS uuid[])) AND o.paused_at IS NULL
""")
_PAUSE: Final = sa.text("""
UPDATE organization SET paused_at = now(), paused_reason = :reason
WHERE id = :id AND paused_at IS NULL RETURNING *
""").bindparams(sa.bindparam("reason", type_=JSON))
_RELEASE: Final = sa.text("""
UPDATE organization SET paused_at = NULL, paused_reason = NULL, counted_from = now()
WHERE id = :id AND paused_at IS NOT NULL RETURNING *
""")


@dataclass(frozen=True, slots=True)
class Lines:
    """How many of the last `SENDS` may bounce for good, and be called spam."""

    bounced: int
    complained: int

    @classmethod
    def of_rates(cls, bounces: float, complaints: float) -> "Lines":
        """Of shares, 0 to 1."""
        # Rounded first: 0.001 x 1000 is a little less than 1.
        return cls(int(round(bounces * SENDS, 6)), int(round(complaints * SENDS, 6)))

    def crossed(self, bounced: int, complained: int) -> tuple[Type, str] | None:
        """What is wrong, in a word and in a sentence; None while all is well."""
        last = f"of the last {SENDS:,} messages"
        if bounced > self.bounced:
            words = f"{bounced} {last} bounced for good, and {self.bounced} may."
            return "bounces", f"Nothing is sent: {words}"
        if complained > self.complained:
            words = f"{complained} {last} were called spam, and {self.complained} may be."
            return "complaints", f"Nothing is sent: {words}"
        return None


class Brake:
    """Looks at those who were hurt, at most once a second, whichever thread it is that comes."""

    def __init__(self, engine: sa.Engine, lines: Lines, ring: Callable[[], None]) -> None:
        """`ring`: called after a commit that has made deliveries."""
        self._engine = engine
        self._lines = lines
        self._ring = ring
        self._noted: deque[UUID] = deque()
        self._hurt: set[UUID] = set()  # of who holds `_looking`
        self._looking = threading.Lock()
        self._look_at = 0.0

    def note(self, organization_ids: Iterable[UUID]) -> None:
        """Mail of theirs has bounced for good, or was called spam."""
        self._noted.extend(organization_ids)

    def look(self) -> None:
        """If it is time, and nobody does. What cannot be looked at now is looked at later."""
        if time.monotonic() < self._look_at or not self._looking.acquire(blocking=False):
            return
        try:
            while self._noted:
                self._hurt.add(self._noted.popleft())
            if self._hurt:
                self._look_at = time.monotonic() + _LOOK_SECONDS
                self._look_now()
        finally:
            self._looking.release()

    def _look_now(self) -> None:
        paused: dict[UUID, Type] = {}
        deliveries = 0
        with self._engine.begin() as connection:
            found = connection.execute(_COUNT, {"ids": identifiers(self._hurt)}).all()
            for row in found:
                if why := self._lines.crossed(row.bounced, row.complained):
                    deliveries += pause(connection, row.id, *why) or 0
                    paused[row.id] = why[0]
        self._hurt.clear()
        for one, type_ in paused.items():
            PAUSED.labels(type_).inc()
            organization = ids.encode(ids.ORGANIZATION, one)
            log.warning("organization.paused", organization_id=organization, reason=type_)
        if deliveries:
            self._ring()


def pause(
    connection: sa.Connection, organization_id: UUID, type_: Type, message: str
) -> int | None:
    """In the caller's transaction; the number of deliveries that tell of it. None where there is
    no such organization, or it is paused already.
    """
    reason = {"type": type_, "message": message}
    return _change(connection, _PAUSE, {"id": organization_id, "reason": reason}, "paused")


def release(connection: sa.Connection, organization_id: UUID) -> int | None:
    """The same the other way: what was sent until now does not count any more."""
    return _change(connection, _RELEASE, {"id": organization_id}, "released")


def _change(
    connection: sa.Connection, statement: sa.TextClause, values: dict[str, Any], what: str
) -> int | None:
    row = connection.execute(statement, values).mappings().one_or_none()
    return None if row is None else _tell(connection, dict(row), f"organization.{what}")


def _tell(connection: sa.Connection, row: Row, type_: str) -> int:
    event = NewEvent(row["id"], type_, resources.organization(row))
    return connection.execute(*events.write([event])).rowcount
