"""What a caller types into `query=`; pure.

    tea "your order" from:jane to:"Jane Doe" subject:invoice label:orders has:attachment
    is:received after:2026-11-25 before:2026-11-26T12:00:00Z

Items stand beside each other, and all are needed. A word is the beginning of one in sender, subject
or text; what is quoted are whole words beside each other. An operator is one of the names above
(no case) at the beginning of an item, its value right behind the colon, quoted or up to the next
space. Whatever else has a colon or a sign is its words: `re: hello`, `http://x`, `12:30`,
`-from:x`; so is a quotation that does not end.

QueryError(ValueError)   an operator without a value that it can take; its words are for the caller
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from services.api import lexemes
from services.api.lexemes import Term
from services.api.schemas.fields import Label, Moment
from services.api.words import MAX_TEXT, words

MOST_PHRASES: Final = 20
"""Each is looked for in every message that has its words."""

_ITEM: Final = re.compile(
    r"""(?P<name>(?ai:from|to|subject|label|has|is|before|after)):(?:"(?P<quoted>[^"]*)"|(?P<bare>\S*))
    |"(?P<phrase>[^"]*)"
    |(?P<words>\S+)""",
    re.VERBOSE,
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LABEL: Final = TypeAdapter[str](Label)
_MOMENT: Final = TypeAdapter[datetime](Moment)
_FACTS: Final = {
    "received": lexemes.RECEIVED,
    "sent": lexemes.SENT,
    "automatic": lexemes.AUTOMATIC,
}
_STATUSES: Final = ("queued", "delivered", "bounced", "complained", "rejected")


class QueryError(ValueError):
    """This cannot be asked; the message says why, for the caller."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand beside each other, in one field or anywhere."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of messages; all of it is needed, and `Query()` asks nothing. A phrase's words
    are among the terms.
    """

    terms: tuple[Term, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    labels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None


def parse(text: str) -> Query:
    """What a caller has typed. Of a text without words and operators, `Query()`."""
    query = together(_read(item) for item in _ITEM.finditer(text[:MAX_TEXT]))
    if len(query.phrases) > MOST_PHRASES:
        raise QueryError(f"At most {MOST_PHRASES} quoted phrases are possible.")
    return query


def together(queries: Iterable[Query]) -> Query:
    """All that any of them asks."""
    parts = list(queries)
    return Query(
        terms=_distinct(one.terms for one in parts),
        phrases=_distinct(one.phrases for one in parts),
        labels=_distinct(one.labels for one in parts),
        statuses=_distinct(one.statuses for one in parts),
        after=max((one.after for one in parts if one.after), default=None),
        before=min((one.before for one in parts if one.before), default=None),
    )


def _distinct(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _read(item: re.Match[str]) -> Query:
    if item["name"] is None:
        quoted = item["phrase"] is not None
        return _spoken(lexemes.ANYWHERE, item["phrase"] if quoted else item["words"], quoted)
    name = item["name"].lower()
    quoted = item["quoted"] is not None
    value = item["quoted"] if quoted else item["bare"]
    if value.startswith('"'):
        raise QueryError(f"{name}: the quotation does not end.")
    try:
        return _of_field(name, value, quoted) if name in _FIELDS else _FILTERS[name](value)
    except ValueError as error:
        raise QueryError(f"{name}: {error}.") from error


def _of_field(name: str, value: str, quoted: bool) -> Query:
    query = _spoken(_FIELDS[name], value, quoted)
    if not query.terms:
        raise ValueError("needs a word right behind the colon")
    return query


def _spoken(field: str, text: str, quoted: bool) -> Query:
    found = words(text)
    terms = tuple(Term(word, field, whole=quoted) for word in found)
    is_phrase = quoted and len(found) > 1
    return Query(terms, (Phrase(field, tuple(found)),) if is_phrase else ())


def _label(value: str) -> Query:
    try:
        return Query(labels=(_LABEL.validate_python(value),))
    except ValidationError as error:
        raise ValueError("there is no such label") from error


def _has(value: str) -> Query:
    if value.lower() != "attachment":
        raise ValueError("takes attachment")
    return Query(terms=(lexemes.ATTACHMENT,))


def _is(value: str) -> Query:
    asked = value.lower()
    if asked in _FACTS:
        return Query(terms=(_FACTS[asked],))
    if asked in _STATUSES:
        return Query(statuses=(asked,))
    raise ValueError(f"takes {', '.join([*_FACTS, *_STATUSES])}")


def _moment(value: str) -> datetime:
    """A time, or the beginning of a day, in UTC."""
    try:
        if _DATE.fullmatch(value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return _MOMENT.validate_python(value)
    except ValueError as error:  # also of pydantic
        raise ValueError("takes a day or a time: 2026-11-25, 2026-11-25T10:00:00Z") from error


_FIELDS: Final = {"from": lexemes.FROM, "to": lexemes.TO, "subject": lexemes.SUBJECT}
_FILTERS: Final[dict[str, Callable[[str], Query]]] = {
    "label": _label,
    "has": _has,
    "is": _is,
    "after": lambda value: Query(after=_moment(value)),
    "before": lambda value: Query(before=_moment(value)),
}
