"""What the messages of the benchmark of scale say, and by which words they are found.

Each is one of some hundred letters, with its own number, inbox and person in it. A letter's
document is made once, by the API's own code, with placeholders that are words as well: what is put
in their place makes the document that the code would make of the message.
"""

import random
from dataclasses import dataclass
from typing import Final

from services.api.documents import Texts, document

COMMON: Final = "please"
"""In every message."""
UNCOMMON: Final = "seldom"
"""In one of a hundred."""
LETTERS: Final = 400
WORDS: Final = 75  # of a letter
VOCABULARY: Final = 4000
_ORDER, _INBOX, _PERSON, _OWNER = "zorderz", "zinboxz", "zpersonz", "zownerz"
_SUBJECT: Final = f"Your order {_ORDER} is on its way"
_FROM: Final = f"{_INBOX}@{_OWNER}.example"
_TO: Final = f"{_PERSON}@customer.example"


@dataclass(frozen=True, slots=True)
class Letter:
    """One text, and its two documents: as it is sent, and as it is received."""

    text: str
    sent: str
    received: str


@dataclass(frozen=True, slots=True)
class Names:
    """What is a message's own: each is one word."""

    order: str
    inbox: str
    person: str
    owner: str

    @property
    def subject(self) -> str:
        return self.put_into(_SUBJECT)

    @property
    def ours(self) -> str:
        """The inbox's address."""
        return self.put_into(_FROM)

    @property
    def theirs(self) -> str:
        """The other side's."""
        return self.put_into(_TO)

    def put_into(self, text: str) -> str:
        """In place of the placeholders."""
        return (
            text.replace(_ORDER, self.order)
            .replace(_INBOX, self.inbox)
            .replace(_PERSON, self.person)
            .replace(_OWNER, self.owner)
        )


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
        first = [COMMON, "note", "that", "order", _ORDER]
        text = " ".join(first + words + ([UNCOMMON] if number % 100 == 0 else []))
        sent, received = (_document(text, received=one) for one in (False, True))
        made.append(Letter(text, sent, received))
    return made


def _document(text: str, *, received: bool) -> str:
    """As the text of a tsvector. No word of ours has a quote or a backslash in it."""
    sender, recipient = (_TO, f" {_FROM}") if received else (f" {_FROM}", f" {_TO}")
    fact = ":i:received" if received else ":i:sent"
    made = document(Texts(sender, (recipient,), _SUBJECT, text, (fact,)))
    return " ".join(f"'{word}'" for word in made)
