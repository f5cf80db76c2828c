"""The part of the state machine in which time passes, by UPDATE, and leftovers are settled."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.sender.leftovers import Found, Leftovers
from tests.integration.machine_feedback import Feedback
from tests.integration.machine_senders import (
    GRACE,
    MOST_MAILS,
    answers,
    drawn,
    fates_of_each,
    who,
)
from tests.integration.model import Answer, Mail
from tests.integration.world import World


class Time(Feedback):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.leftovers = Leftovers(world.engine, world.policy, GRACE)

    def mails_in(self, *states: str) -> list[Mail]:
        return [mail for mail in self.mails.values() if mail.state in states]

    @precondition(lambda self: any(mail.in_lease for mail in self.mails.values()))
    @rule(whose=who)
    def lapse(self, whose: int) -> None:
        held = [mail for mail in self.mails.values() if mail.in_lease]
        self.lapse_all(held[whose % len(held)])

    # Steps that chance alone brings together too seldom.

    @rule(sender=st.integers(0, 2), answer=answers, fates=fates_of_each)
    def send(self, sender: int, answer: Answer, fates: list[tuple[str, ...]]) -> None:
        """Up to SES's answer; what becomes of that is another's matter."""
        known = list(self.hands)
        self.claim(sender, 1)
        for hand in [one for one in self.hands if one not in known]:
            self.start_all([hand])
            self.call_for(hand, answer, fates)

    @precondition(lambda self: self.at("claimed"))
    @rule(whose=who, sender=st.integers(0, 2), goes=st.sampled_from(["back", "on", "on with it"]))
    def overtake(self, whose: int, sender: int, goes: str) -> None:
        """Another sender, or another thread of its own, has it when the stale one goes on."""
        (stale,) = drawn(self.at("claimed"), [whose])
        self.lapse_all(stale.mail)
        self.settle()
        self.claim(sender, 4)
        both = [hand for hand in self.at("claimed") if hand.mail is stale.mail]
        if goes == "back":
            self.give_back_all([stale])
        else:
            self.start_all([stale] if goes == "on" else both)

    @precondition(lambda self: self.mails_in("unknown"))
    @rule()
    def give_up_waiting(self) -> None:
        self.end_the_grace()
        self.settle()
        self.hear()
        self.settle()

    def lapse_all(self, *mails: Mail) -> None:
        held = [mail for mail in mails if mail.in_lease]
        self._change("lease_until = now() - interval '1 s'", *held)
        for mail in held:
            mail.in_lease = False

    @precondition(lambda self: self.mails_in("queued", "unknown"))
    @rule(sender=st.integers(0, 2))
    def claim_when_all_is_due(self, sender: int) -> None:
        if len(self.mails) < MOST_MAILS:
            self.accept(0, 0, 0)
        self.wait_for_the_next_try()
        self.end_the_grace()
        self.claim(sender, 4)

    def wait_for_the_next_try(self) -> None:
        self._change("due_at = created_at", *self.mails_in("queued"))
        for mail in self.mails_in("queued"):
            mail.is_due = True

    @precondition(lambda self: self.mails_in("unknown"))
    @rule()
    def end_the_grace(self) -> None:
        self._change("due_at = now()", *self.mails_in("unknown"))
        for mail in self.mails_in("unknown"):
            mail.grace = "over"

    def _change(self, what: str, *mails: Mail) -> None:
        ids = [mail.id for mail in mails]
        self.world.write(f"UPDATE message SET {what} WHERE id = ANY (:ids)", ids=ids)

    @precondition(lambda self: any(mail.grace == "over" for mail in self.mails_in("unknown")))
    @rule()
    def hear(self) -> None:
        """The feedback queue is empty: what SES has not told yet is not in it yet."""
        self.world.write(
            "INSERT INTO checkpoint VALUES ('feedback', now()) "
            "ON CONFLICT (name) DO UPDATE SET at = now()"
        )
        for mail in self.mails_in("unknown"):
            mail.grace = "runs" if mail.grace == "runs" else "heard"

    @rule()
    def settle(self) -> None:
        ends = {mail: mail.settle(self.world.policy) for mail in self.mails.values()}
        many = Counter(ends.values())
        assert self.leftovers.settle() == Found(
            many["vanished"], many["held"], many["resent"], many["rejected"]
        )
        resent = (mail for mail, end in ends.items() if end == "resent")
        self._change("due_at = created_at", *resent)
