"""Which message is whose in a database of the benchmark of scale: arithmetic, no rows.

Messages are numbered by age. Each tenth is the big inbox's (number 0), the others go to all other
inboxes in turns; an inbox's messages make threads of 1, 1, 2 and 6. The newest fifth waits to be
sent, and of the others a fifth was received.
"""

import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

ORGANIZATIONS: Final = 10
BIG: Final = 0
"""The inbox with a tenth of all messages."""
THREAD, MESSAGE, EVENT, INBOX, ORGANIZATION = range(1, 6)

_SPAN_SECONDS: Final = 100 * 24 * 3600
_A_BIG_INBOX: Final = 10
_OF_AN_INBOX: Final = 1000
_STARTS: Final = (0, 1, 2, 2, 4, 4, 4, 4, 4, 4)
"""Where the thread of each of ten messages begins."""
_LENGTHS: Final = {0: 1, 1: 1, 2: 2, 4: 6}


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a database of so many messages. `ended`: unix seconds; the youngest is an hour older."""

    messages: int
    ended: float = field(default_factory=time.time)

    @property
    def inboxes(self) -> int:
        """One for each thousand messages."""
        return max(2, self.messages // _OF_AN_INBOX)

    def moment(self, number: int) -> float:
        """When a message was made, in unix seconds."""
        return self.ended - 3600 - _SPAN_SECONDS * (1 - number / self.messages)

    def id(self, kind: int, number: int) -> str:
        """A UUIDv7 of that moment, as 32 digits; `kind` keeps those of different tables apart."""
        return f"{int(self.moment(number) * 1000):012x}7{kind:03x}8{number:015x}"

    def uuid(self, kind: int, number: int) -> UUID:
        """The same as the product has it."""
        return UUID(self.id(kind, number))

    def place(self, number: int) -> tuple[int, int]:
        """Its inbox, and how many are older there."""
        if number % _A_BIG_INBOX == 0:
            return BIG, number // _A_BIG_INBOX
        before = number - number // _A_BIG_INBOX - 1
        place, inbox = divmod(before, self.inboxes - 1)
        return inbox + 1, place

    def number(self, inbox: int, place: int) -> int:
        """The message at this place of an inbox."""
        if inbox == BIG:
            return place * _A_BIG_INBOX
        before = place * (self.inboxes - 1) + inbox - 1
        return before + before // (_A_BIG_INBOX - 1) + 1

    def in_inbox(self, inbox: int) -> int:
        """How many messages it has."""
        ten_parts = -(-self.messages // _A_BIG_INBOX)
        if inbox == BIG:
            return ten_parts
        others = self.inboxes - 1
        return (self.messages - ten_parts - inbox + others) // others

    def thread(self, number: int) -> int:
        """The number of the first message of its thread."""
        inbox, place = self.place(number)
        return self.number(inbox, place - place % 10 + _STARTS[place % 10])

    def thread_of(self, first: int) -> list[int]:
        """All of the thread that this one begins."""
        inbox, place = self.place(first)
        end = min(place + _LENGTHS[place % 10], self.in_inbox(inbox))
        return [self.number(inbox, one) for one in range(place, end)]

    def status(self, number: int, place: int) -> str:
        """Of the message at this place of its inbox."""
        if number >= self.messages * 4 // 5:
            return "queued"
        if place % 5 == 3:
            return "received"
        return "bounced" if place % 50 == 7 else "delivered"

    def organization(self, inbox: int) -> int:
        """Whose it is."""
        return inbox % ORGANIZATIONS
