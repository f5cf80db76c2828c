"""What the index of words holds, and what it is asked for; pure.

A lexeme is a word, or a word behind the mark of a field: `order` stands for the word anywhere that
a plain word is looked for, `:s:order` for the same word in the subject. No word holds a colon, and
a mark begins with one, so no word and no beginning of a word is ever taken for a mark. Facts of a
message that never change are lexemes of their own, so that the index answers for them too; what
changes (labels, status) is asked of the message.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ANYWHERE: Final = ""
FROM: Final = ":f:"
TO: Final = ":t:"
SUBJECT: Final = ":s:"
_FACT: Final = ":i:"

NARROWING_WORDS: Final = 4
NARROWING_LENGTH: Final = 3
"""The beginnings of words that are shorter are those of half of all words."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a message, or the beginning of one if it need not be `whole`."""

    word: str
    field: str = ANYWHERE
    whole: bool = False

    @property
    def lexeme(self) -> str:
        """As it is stored, if it is whole."""
        return self.field + self.word


RECEIVED: Final = Term("received", _FACT, whole=True)
SENT: Final = Term("sent", _FACT, whole=True)
AUTOMATIC: Final = Term("automatic", _FACT, whole=True)
ATTACHMENT: Final = Term("attachment", _FACT, whole=True)


def tsqueries(terms: Iterable[Term]) -> tuple[str, str]:
    """What is asked of a document, as two tsqueries; of one term at least.

    The first wants every term; the second the facts, which are one lexeme each, and a few of the
    longest words, which are the rarest: that is what the index is asked, so that no query, however
    long, costs more than those. They are equal where that is all.
    """
    every = list(terms)
    facts = [term for term in every if term.field == _FACT]
    typed = [term for term in every if term.field != _FACT]
    longest = sorted(typed, key=lambda term: len(term.word), reverse=True)[:NARROWING_WORDS]
    narrowing = [term for term in longest if term.whole or len(term.word) >= NARROWING_LENGTH]
    asked = [*facts, *narrowing] or longest[:1]
    return _all_of(every), _all_of(every if len(asked) == len(every) else asked)


def _all_of(terms: Iterable[Term]) -> str:
    """Words hold no quote and no backslash."""
    return " & ".join(f"'{term.lexeme}'" + ("" if term.whole else ":*") for term in terms)
