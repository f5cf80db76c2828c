"""The ledger: what was promised, held against what happened. Pure.

LOST          a 2xx without a message, or whose message has no end that was told
DOUBLE        a message that SES took more than once
PHANTOM       a mail that SES took and that no client was told of
STUCK         a message that is neither done nor held, when everything is quiet
WRONG         a recipient whose status is another than what SES told of him comes to, or a
              message with an id that SES never gave it
WEBHOOK-LOST  a delivery that is still pending, or is said to be made and was never heard
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from common.statuses import RECIPIENT_STATUSES
from tests.faults.evidence import Accept, Answer, Delivery, Evidence, Post, Stored

DONE, HELD = "done", "held"
NOT_WITH_SES: Final = ("queued", "unknown", "held", "rejected")
"""What may be said of a recipient of whom SES has told nothing."""
_MEANS: Final = {
    "Send": "sent",
    "DeliveryDelay": "delayed",
    "Delivery": "delivered",
    "Bounce": "bounced",  # the double's are all permanent
    "Reject": "rejected",
    "Complaint": "complained",
}
_GIVEN_UP: Final = ("exhausted", "cancelled")
WINDOW_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """The broken promises, by whom: ids of messages, recipients, deliveries."""

    lost: tuple[str, ...]
    double: tuple[str, ...]
    phantom: tuple[str, ...]
    stuck: tuple[str, ...]
    wrong: tuple[str, ...]
    webhook_lost: tuple[str, ...]

    def is_clean(self) -> bool:
        return not any(getattr(self, one.name) for one in fields(self))


def balance(evidence: Evidence) -> Ledger:
    """Every count at once."""
    accepts = by_message(evidence.accepts)
    rows = {row.message_id: row for row in evidence.stored}
    return Ledger(
        lost=tuple(_lost(evidence.answers, rows, accepts)),
        double=tuple(message for message, taken in accepts.items() if len(taken) > 1),
        phantom=tuple(_phantom(evidence.answers, accepts)),
        stuck=tuple(row.message_id for row in evidence.stored if not _has_ended(row)),
        wrong=tuple(_wrong(evidence.stored, accepts)),
        webhook_lost=tuple(_unheard(evidence.deliveries, evidence.heard)),
    )


def by_message(accepts: Iterable[Accept]) -> dict[str, list[Accept]]:
    found: dict[str, list[Accept]] = defaultdict(list)
    for one in accepts:
        found[one.message_id].append(one)
    return dict(found)


def _has_ended(row: Stored) -> bool:
    return row.send_state in {DONE, HELD}


def _lost(
    answers: Iterable[Answer], rows: Mapping[str, Stored], accepts: Mapping[str, list[Accept]]
) -> Iterator[str]:
    for answer in answers:
        row = rows.get(answer.message_id)
        if row is None or not _is_accounted_for(row, accepts):
            yield answer.message_id


def _is_accounted_for(row: Stored, accepts: Mapping[str, list[Accept]]) -> bool:
    """Done is with SES or rejected: a row may say so, and lie."""
    if row.send_state == HELD:
        return row.explained
    rejected = all(status == "rejected" for status in row.recipients.values())
    return row.send_state == DONE and (rejected or row.message_id in accepts)


def _phantom(answers: Iterable[Answer], accepts: Mapping[str, list[Accept]]) -> Iterator[str]:
    known = {answer.message_id for answer in answers}
    return (message for message in accepts if message not in known)


def _wrong(rows: Iterable[Stored], accepts: Mapping[str, list[Accept]]) -> Iterator[str]:
    for row in rows:
        taken = accepts.get(row.message_id, [])
        given = {one.external_id for one in taken}
        has_told = any(one.told for one in taken)
        if row.external_id is None and has_told:
            yield f"{row.message_id} has no id of SES"
        if row.external_id is not None and row.external_id not in given:
            yield f"{row.message_id} has {row.external_id}"
        for email, status in row.recipients.items():
            allowed = _statuses(email, taken, row)
            if status not in allowed:
                yield f"{row.message_id} {email}: {status}, not {'/'.join(allowed)}"


def _statuses(email: str, taken: Iterable[Accept], row: Stored) -> tuple[str, ...]:
    """What a recipient's status may be: the highest of what SES has told, in any order."""
    told = [
        _MEANS[event.kind]
        for one in taken
        for event in one.told
        if email.casefold() in {whom.casefold() for whom in event.recipients}
    ]
    if not told:
        return ("sent",) if row.external_id else NOT_WITH_SES
    return (max(told, key=RECIPIENT_STATUSES.index),)


def _unheard(deliveries: Iterable[Delivery], heard: frozenset[tuple[str, str]]) -> Iterator[str]:
    for one in deliveries:
        was_heard = (one.event_id, one.webhook_id) in heard
        if one.state not in _GIVEN_UP and not (one.state == "delivered" and was_heard):
            yield f"{one.event_id} for {one.webhook_id} ({one.state})"


def recoveries(evidence: Evidence) -> list[float]:
    """Seconds from the 2xx to SES's accept, of each message that SES has; sorted."""
    answered = {answer.message_id: answer.at for answer in evidence.answers}
    return sorted(
        max(0.0, min(one.at for one in taken) - answered[message])
        for message, taken in by_message(evidence.accepts).items()
        if message in answered
    )


def percentile(values: list[float], share: float) -> float:
    """Of sorted values: the smallest that `share` of them do not exceed; 0 of none."""
    return values[min(int(share * len(values)), len(values) - 1)] if values else 0.0


def repeated_posts(posts: Iterable[Post]) -> list[tuple[str, str]]:
    """(message, attempt) of each attempt that was more than one call."""
    calls = Counter((one.message_id, one.attempt) for one in posts)
    return [attempt for attempt, number in calls.items() if number > 1]


def most_in_a_window(accepts: Iterable[Accept], seconds: float = WINDOW_SECONDS) -> int:
    """The most recipients that SES took within any window of that length."""
    taken = sorted((one.at, one.recipients) for one in accepts)
    first = most = now = 0
    for at, recipients in taken:
        now += recipients
        while at - taken[first][0] >= seconds:
            now -= taken[first][1]
            first += 1
        most = max(most, now)
    return most


def unlike(answers: Iterable[Answer]) -> list[str]:
    """Keys under which two answers differed, or that came to have two messages."""
    messages: dict[str, set[str]] = defaultdict(set)
    for one in answers:
        messages[one.key].add(one.message_id)
    different = {one.key for one in answers if not one.alike}
    return sorted(different | {key for key, ids in messages.items() if len(ids) > 1})
