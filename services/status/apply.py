"""A set of feedback, stored and applied in one transaction.

Each event of SES is kept once, raw, whatever it is about; those about messages of ours move their
recipients and tell of it. SES may report a mail before its sender has recorded the id that SES
gave: where no tag names the message either, the event waits in `feedback` until `reapply` finds
whose it is.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from common import ids, tracing, tracking
from common.db import lies_in_the_rows
from common.tracking import Tracked
from services.status import feedback
from services.status.feedback import Case
from services.status.parse import Parsed, SesEvent
from services.status.report import Outcome, Word, report
from services.status.transitions import evidence, sighting

MOST: Final = 100
"""Events of one set."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_HURTS: Final = frozenset({"bounced", "complained"})


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a set, by kind and outcome (`report.Word`). Where `deliveries` is not 0,
    the webhook room wants to be rung. `hurt`: organizations whose mail bounced or was called spam.
    """

    counts: Counter[tuple[str, str]]
    deliveries: int
    hurt: frozenset[UUID] = frozenset()


def apply(engine: sa.Engine, parsed: Sequence[Parsed]) -> Applied:
    """Store and apply a set; on return it is committed."""
    began = time.time_ns()
    with engine.begin() as connection:
        home_of = feedback.find(connection, [one for one in parsed if isinstance(one, SesEvent)])
        cases = [Case(ids.new(), one, home_of(one)) for one in parsed]
        stored = feedback.store(connection, cases)
        fresh = [case for case in cases if case.id in stored]
        seen = _see(connection, fresh)
    repeated = [Outcome(case.parsed, "duplicate") for case in cases if case.id not in stored]
    return _told(seen, began, repeated)


def reapply(engine: sa.Engine, reach: timedelta, most: int = MOST, skip: int = 0) -> Applied:
    """One set of what waits for its message and has it now: received within `reach`, oldest
    first. Call it again while `counts` has `most`. On return it is committed.
    """
    began = time.time_ns()
    with engine.begin() as connection:
        cases = feedback.waiting(connection, reach, most, skip)
        if cases:
            feedback.match(connection, cases)
        seen = _see(connection, cases)
    return _told(seen, began)


@dataclass(frozen=True, slots=True)
class _Seen:
    outcomes: list[Outcome]
    changed: list[Tracked]
    deliveries: int


def _see(connection: sa.Connection, cases: list[Case]) -> _Seen:
    """Move the messages, each once however many events are about it. In SES's order, so that a
    customer hears of a delivery before the bounce that followed it.
    """
    homes = {case.home.message_id for case in cases if case.home}
    tracked = tracking.lock(connection, homes) if homes else {}
    outcomes = [_outcome(case, tracked) for case in sorted(cases, key=_moment)]
    changed = [one for one in tracked.values() if one.moved or one.events]
    return _Seen(outcomes, changed, tracking.save(connection, changed) if changed else 0)


def _outcome(case: Case, tracked: dict[UUID, Tracked]) -> Outcome:
    event, home = case.parsed, case.home
    if not isinstance(event, SesEvent):
        return Outcome(event, "kept")
    if home is None:
        return Outcome(event, "unmatched")
    message = tracked[home.message_id]
    known, was_healed = message.state["external_message_id"], message.healed
    seen = sighting(event, home.message_id)
    if seen is None and known is None:
        seen = evidence(event, home.message_id)
    word: Word = "noted" if seen is None else "applied" if message.see(seen) else "nobody"
    return Outcome(
        event,
        word,
        home,
        other_send=known not in {None, event.external_message_id},
        healed=message.healed and not was_healed,
    )


def _moment(case: Case) -> datetime:
    return case.parsed.at if isinstance(case.parsed, SesEvent) else _NEVER


def _told(seen: _Seen, began: int, repeated: Sequence[Outcome] = ()) -> Applied:
    outcomes = [*seen.outcomes, *repeated]
    for one in outcomes:
        with tracing.span("feedback", one.trace, began=began):
            report(one)
    hurt = {one.state["organization_id"] for one in seen.changed if one.state["status"] in _HURTS}
    counts: Counter[tuple[str, str]] = Counter((one.parsed.kind, one.word) for one in outcomes)
    return Applied(counts, seen.deliveries, frozenset(hurt))


def lies_in_a_letter(error: Exception) -> bool:
    """Else in the database or on the way to it, and the same letters will be fine later."""
    if not isinstance(error, sa.exc.SQLAlchemyError):
        return not isinstance(error, OSError)
    return lies_in_the_rows(error)
