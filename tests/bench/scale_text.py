"""What the messages of the benchmark of scale say, and by which words they are found.

Each is one of some hundred letters, with its own number, inbox and person in it. A letter's
document is made once, by the API's own code, with placeholders that are words as well: what is put
in their place makes the document that the code would make of the message.
"""

import random
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.api.documents import Texts, document

COMMON: Final = "please"
"""In every message."""
UNCOMMON: Final = "seldom"
"""In one of a hundred."""
LETTERS: Final = 400
WORDS: Final = 75  # of a letter
VOCABULARY: Final = 4000


@dataclass(frozen=True, slots=True)
class Letter:
    """One text, and its two documents: as it is sent, and as it is received."""

    text: str
    sent: str
    received: str


class Names(NamedTuple):
    """What is a message's own: each is one word."""

    order: str
    inbox: str
    person: str
    owner: str

    @property
    def subject(self) -> str:
        return f"Your order {self.order} is on its way"

    @property
    def ours(self) -> str:
        """The inbox's address."""
        return f"{self.inbox}@{self.owner}.example"

    @property
    def theirs(self) -> str:
        """The other side's."""
        return f"{self.person}@customer.example"

    def put_into(self, text: str) -> str:
        """In place of the placeholders."""
        for placeholder, name in zip(_PLACEHOLDERS, self, strict=True):
            text = text.replace(placeholder, name)
        return text


_PLACEHOLDERS: Final = Names("zorderz", "zinboxz", "zpersonz", "zownerz")


def order(number: int) -> str:
    """A word that one message alone has, and that begins no other."""
    return f"o{number:09d}"


def letters() -> list[Letter]:
    """The same ones each time. Few words are in many of them, most are in few, as it is in mail."""
    dice = random.Random(6)  # noqa: S311 - no secret
    syllables = [a + b for a in "bdfgklmnprstvw" for b in "aeiou"]
    vocabulary = ["".join(dice.choices(syllables, k=3)) for _ in range(VOCABULARY)]
    weights = [1 / (rank + 5) for rank in range(VOCABULARY)]
    made = []
    for number in range(LETTERS):
        words = dice.choices(vocabulary, weights, k=WORDS)
        first = [COMMON, "note", "that", "order", _PLACEHOLDERS.order]
        text = " ".join(first + words + ([UNCOMMON] if number % 100 == 0 else []))
        sent, received = (_document(text, received=one) for one in (False, True))
        made.append(Letter(text, sent, received))
    return made


def _document(text: str, *, received: bool) -> str:
    """As the text of a tsvector. No word of ours has a quote or a backslash in it."""
    ours, theirs = _PLACEHOLDERS.ours, _PLACEHOLDERS.theirs
    sender, recipient = (theirs, ours) if received else (ours, theirs)
    fact = ":i:received" if received else ":i:sent"
    made = document(Texts(sender, (recipient,), _PLACEHOLDERS.subject, text, (fact,)))
    return " ".join(f"'{word}'" for word in made)
