"""Who is in a thread: the one rule for what is sent and what is received.

Addresses in lower case, in the order in which they came in; hidden recipients are not among them.
"""

from collections.abc import Iterable
from typing import Final

MOST_PARTICIPANTS: Final = 50
"""Of a thread; who comes later is not listed."""


def participants(emails: Iterable[str]) -> list[str]:
    """Of one message: its sender first, then whom all readers see."""
    return list(dict.fromkeys(email.lower() for email in emails if email))[:MOST_PARTICIPANTS]


def joined(before: str, added: str) -> str:
    """SQL for the array of both; `before` and `added` are expressions of type text[]."""
    return f"""CASE WHEN {before} @> {added} THEN {before} ELSE (
        SELECT array_agg(once.email ORDER BY once.place) FROM (
            SELECT p.email, min(p.place) AS place
            FROM unnest({before} || {added}) WITH ORDINALITY AS p (email, place)
            GROUP BY p.email ORDER BY 2 LIMIT {MOST_PARTICIPANTS}
        ) once
    ) END"""
