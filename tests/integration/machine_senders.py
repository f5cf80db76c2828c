"""The half of the state machine that sends: each step of a sender is a rule of its own, so that a
crash, a stop or anything else can come between any two.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from common import clock
from services.sender import outcomes
from services.sender.jobs import Claimed, Jobs, Result
from services.sender.mail import envelope
from services.sender.ses import Outcome, Rejected
from tests.integration.builders import message
from tests.integration.model import MOST_CLAIMS, SUSPICIOUS, UNMADE, Answer, Mail
from tests.integration.scripted_ses import FATES, ScriptedSes
from tests.integration.world import World

GRACE: Final = timedelta(hours=1)
LEASE_SECONDS: Final = 3600.0
MOST_MAILS: Final = 5
_PEOPLE: Final = ("jo@example.com", "kim@example.com")
_ANSWERS: Final[list[Answer]] = [one for one in get_args(Answer) if one != "cut off"]
answers, fates_of_each = st.sampled_from(_ANSWERS), st.lists(st.sampled_from(FATES), max_size=2)

# Who is drawn: a place in a list that goes round, as nobody knows the list before it comes to it.
who = st.integers(0, 7)
some = st.lists(who, min_size=1, max_size=4)


@dataclass(slots=True, eq=False)
class Hand:
    """A sender with a message. While others are drawn it stands still, as after a SIGSTOP."""

    sender: int
    claimed: Claimed
    mail: Mail
    step: Literal["claimed", "started", "answered"] = "claimed"
    attempt: int = 0
    answer: Answer = "accepted"
    result: Result | None = None


class Senders(RuleBasedStateMachine):
    """`ghosts`: starts that may yet reach the database, though their senders wait no more."""

    def __init__(self, world: World) -> None:
        super().__init__()
        world.empty()
        self.world, self.ses = world, ScriptedSes()
        self.senders = [Jobs(world.engine, LEASE_SECONDS, "ses.test") for _ in range(3)]
        self.began = clock.now() - timedelta(hours=1)
        self.mails: dict[UUID, Mail] = {}
        self.hands: list[Hand] = []
        self.ghosts: list[Hand] = []

    def at(self, step: str) -> list[Hand]:
        return [hand for hand in self.hands if hand.step == step]

    @initialize(more=st.integers(0, 1))
    def accept_two(self, more: int) -> None:
        """Of one owner, so that one of them may be taken for the other."""
        self.accept(0, more, 0)
        self.accept(0, 1, 0)

    @precondition(lambda self: len(self.mails) < MOST_MAILS)
    @rule(owner=who, more=st.integers(0, 1), claims=st.sampled_from([0, 0, 3, 4]))
    def accept(self, owner: int, more: int, claims: int) -> None:
        """`claims`: so many senders are lost already, which would take many steps.

        Each has a time of its own, as ties are broken by chance and chance cannot be replayed.
        """
        to, at = _PEOPLE[: 1 + more], self.began + timedelta(seconds=len(self.mails))
        whose = self.world.owners[owner % 2]
        row = message(self.world.engine, whose, to=to, claims=claims, due_at=at, created_at=at)
        self.mails[row.id] = Mail(row.id, dict.fromkeys(to, "queued"), claims)

    @rule(sender=st.integers(0, 2), most=st.integers(1, 2))
    def claim(self, sender: int, most: int) -> None:
        free = {mail.id: mail.claims for mail in self.mails.values() if mail.is_free}
        found = self.senders[sender].claim(most)
        assert all(free[claimed.id] < SUSPICIOUS for claimed in found)
        assert found or all(claims >= SUSPICIOUS for claims in free.values())
        assert len(found) <= most
        self._take(sender, found)

    @rule(sender=st.integers(0, 2))
    def claim_suspect(self, sender: int) -> None:
        free = [mail.claims for mail in self.mails.values() if mail.is_free]
        suspects = [claims for claims in free if SUSPICIOUS <= claims < MOST_CLAIMS]
        found = self.senders[sender].claim_suspect()
        assert len(found) == min(len(suspects), 1)
        self._take(sender, found)

    def _take(self, sender: int, found: list[Claimed]) -> None:
        for claimed in found:
            self.mails[claimed.id].claim(claimed.token)
            self.hands.append(Hand(sender, claimed, self.mails[claimed.id]))

    @precondition(lambda self: self.at("claimed"))
    @rule(whose=some)
    def start(self, whose: list[int]) -> None:
        self.start_all(drawn(self.at("claimed"), whose))

    @precondition(lambda self: self.ghosts)
    @rule(whose=some)
    def start_late(self, whose: list[int]) -> None:
        """The database comes to it when nobody waits for the answer any more."""
        self.start_all(drawn(self.ghosts, whose))

    def start_all(self, hands: list[Hand]) -> None:
        expected = [hand.mail.start(hand.claimed.token) for hand in hands]
        numbers = self.senders[0].start([hand.claimed for hand in hands])
        assert [number is not None for number in numbers] == expected
        for hand, number in zip(hands, numbers, strict=True):
            hand.step, hand.attempt = "started", number or 0
            if number is None or hand in self.ghosts:
                self._drop(hand)

    @precondition(lambda self: self.at("started"))
    @rule(whose=who, answer=answers, fates=fates_of_each)
    def call(self, whose: int, answer: Answer, fates: list[tuple[str, ...]]) -> None:
        self.call_for(drawn(self.at("started"), [whose])[0], answer, fates)

    def call_for(self, hand: Hand, answer: Answer, fates: list[tuple[str, ...]]) -> None:
        if answer in UNMADE:
            said: Outcome = Rejected("ComposeError", "A header is too long.")
        else:
            hand.mail.call()
            said = self.ses.send(envelope(hand.claimed, [], hand.attempt), answer, fates)
        result = outcomes.result(hand.claimed, hand.attempt, said, GRACE)
        hand.result = replace(result, not_made=int(answer in UNMADE))
        hand.step, hand.answer = "answered", answer

    @precondition(lambda self: self.at("claimed"))
    @rule(whose=who)
    def cut_off(self, whose: int) -> None:
        """The database goes away during a start, which may stand all the same, now or later."""
        (hand,) = drawn(self.at("claimed"), [whose])
        self.ghosts.append(replace(hand))
        hand.result = Result(hand.claimed, None, "queued", not_made=1)
        hand.step, hand.answer = "answered", "cut off"

    @precondition(lambda self: self.at("answered"))
    @rule(whose=some, again=st.booleans())
    def record(self, whose: list[int], again: bool) -> None:
        """`again`: the database did it, and went away before it said so."""
        hands = drawn(self.at("answered"), whose)
        results = [hand.result for hand in hands if hand.result]
        counted = [self._count(hand) for hand in hands]
        assert self.senders[0].record(results) == (0, counted.count(False))
        if again:
            assert self.senders[0].record(results) == (0, len(results))
        self._drop(*hands)

    def _count(self, hand: Hand) -> bool:
        said = hand.result and hand.result.sighting
        external_id = said.external_id if said else None
        return hand.mail.record(hand.claimed.token, hand.answer, external_id)

    @precondition(lambda self: self.hands)
    @rule(whose=some)
    def give_back(self, whose: list[int]) -> None:
        """At any step, as a sender does that has failed."""
        self.give_back_all(drawn(self.hands, whose))

    def give_back_all(self, hands: list[Hand]) -> None:
        self.senders[0].give_back([hand.claimed for hand in hands])
        for hand in hands:
            hand.mail.give_back(hand.claimed.token)
        self._drop(*hands)

    @precondition(lambda self: self.hands)
    @rule(sender=st.integers(0, 2))
    def crash(self, sender: int) -> None:
        """With all that is in its hands, at whatever step each is."""
        self.hands = [hand for hand in self.hands if hand.sender != sender]
        self.senders[sender] = Jobs(self.world.engine, LEASE_SECONDS, "ses.test")

    def _drop(self, *hands: Hand) -> None:
        self.hands = [one for one in self.hands if one not in hands]
        self.ghosts = [one for one in self.ghosts if one not in hands]


def drawn(hands: list[Hand], whose: Iterable[int]) -> list[Hand]:
    """Those, each once."""
    return list(dict.fromkeys(hands[at % len(hands)] for at in whose))
