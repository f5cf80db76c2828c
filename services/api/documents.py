"""What a message is found by: its lexemes for the index, its sentences for phrases; pure.

A plain word is looked for in the sender's name and address, the subject, and the text (that of the
HTML where there is no other); `from:`, `to:` and `subject:` in one field each. The index is made in
sets behind the accept (`services.api.search`). It knows no order of words, so a message that has
all words of a phrase is looked at again (`services.api.phrases`), by the same texts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

from services.api import lexemes
from services.api.language import Phrase
from services.api.words import MAX_TEXT, text_of_html, words

MAX_DOCUMENT: Final = 400_000  # octets of all lexemes; Postgres takes 1,048,575 for a tsvector
MOST_RECIPIENTS: Final = 500
"""By whom a message is found; received mail may have any number."""
_MAX_ADDRESS: Final = 320  # characters, as of a name

COLUMNS: Final = f"""
    m.id, m.direction, m.automatic, left(m.from_name, {_MAX_ADDRESS}) AS from_name,
    left(m.from_email, {_MAX_ADDRESS}) AS from_email, left(m.subject, {MAX_TEXT}) AS subject,
    left(m.text, {MAX_TEXT}) AS text,
    CASE WHEN coalesce(m.text, '') = '' THEN left(m.html, {MAX_TEXT}) END AS html,
    ARRAY(
        SELECT concat(left(r.name, {_MAX_ADDRESS}), ' ', left(r.email, {_MAX_ADDRESS}))
        FROM recipient r WHERE r.message_id = m.id ORDER BY r.position LIMIT {MOST_RECIPIENTS}
    ) AS recipients,
    EXISTS (SELECT FROM attachment a WHERE a.message_id = m.id) AS has_attachment
"""
"""Of `message m`, for `Texts.of`."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Of one message. `facts` are lexemes: what is true of it, for ever."""

    sender: str
    recipients: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    facts: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Texts":
        """Of a row of `COLUMNS`."""
        facts = (
            (lexemes.RECEIVED if row["direction"] == "inbound" else lexemes.SENT, True),
            (lexemes.AUTOMATIC, row["automatic"]),
            (lexemes.ATTACHMENT, row["has_attachment"]),
        )
        return cls(
            sender=f"{row['from_name']} {row['from_email']}",
            recipients=tuple(row["recipients"]),
            subject=row["subject"],
            body=row["text"] or text_of_html(row["html"] or ""),
            facts=tuple(fact.lexeme for fact, is_so in facts if is_so),
        )

    @property
    def size(self) -> int:
        """Characters, about."""
        return len(self.body) + len(self.subject) + sum(map(len, self.recipients))

    def within(self, field: str) -> tuple[str, ...]:
        """What a word is looked for in. A phrase is within one of them."""
        return {
            lexemes.ANYWHERE: (self.sender, self.subject, self.body),
            lexemes.FROM: (self.sender,),
            lexemes.TO: self.recipients,
            lexemes.SUBJECT: (self.subject,),
        }[field]


def document(texts: Texts) -> list[str]:
    """The distinct lexemes of a message. Of a very long one the end of its text is left out."""
    distinct = list(dict.fromkeys(chain(texts.facts, _marked(texts), _plain(texts))))
    if len("".join(distinct).encode()) <= MAX_DOCUMENT:
        return distinct
    sizes = accumulate(len(lexeme.encode()) for lexeme in distinct)
    return [lexeme for lexeme, size in zip(distinct, sizes, strict=True) if size <= MAX_DOCUMENT]


def _marked(texts: Texts) -> Iterator[str]:
    for field in (lexemes.FROM, lexemes.SUBJECT, lexemes.TO):
        for text in texts.within(field):
            yield from (field + word for word in words(text))


def _plain(texts: Texts) -> Iterator[str]:
    return chain.from_iterable(map(words, texts.within(lexemes.ANYWHERE)))


def says(texts: Texts, phrases: Iterable[Phrase]) -> bool:
    """Whether every phrase stands in it, its words beside each other and in their order."""
    asked = list(phrases)
    sentences = {field: _sentences(texts.within(field)) for field in {one.field for one in asked}}
    return all(f" {' '.join(one.words)} " in sentences[one.field] for one in asked)


def _sentences(texts: Iterable[str]) -> str:
    return "\n".join(f" {' '.join(words(text))} " for text in texts)
