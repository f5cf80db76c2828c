"""The part of the state machine that hears from SES: any event, in any order, in any number."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.status.apply import apply, reapply
from tests.integration.machine_senders import Senders, some
from tests.integration.scripted_ses import STATUSES, Copy, Event

_REACH: Final = timedelta(days=1)
_COPIES: Final[tuple[Copy, ...]] = ("raw", "by sns", "by eventbridge", "without our tag")


class Feedback(Senders):
    @precondition(lambda self: self.ses.told())
    @rule(which=some, copies=st.lists(st.sampled_from(_COPIES)))
    def feedback(self, which: list[int], copies: list[Copy]) -> None:
        told = self.ses.told()
        self.apply([told[at % len(told)] for at in which], copies)

    def apply(self, events: list[Event], copies: list[Copy]) -> None:
        """A set; what is not named in `copies` is raw."""
        raw: list[Copy] = ["raw"] * len(events)
        named = list(zip(events, copies + raw, strict=False))
        apply(self.world.engine, [event.copy(how) for event, how in named])
        # An event without our tag is known by what stood there before the set.
        mine = {event: self._is_known(event) for event, how in named if how == "without our tag"}
        for event, known in mine.items():
            event.waits = event.waits if event.came_untagged else not known
            event.came_untagged = True
        for event, how in named:
            if how != "without our tag" or not event.waits:
                self._see(event)

    def _is_known(self, event: Event) -> bool:
        return self.mails[event.message_id].external_id == event.external_id

    def _see(self, event: Event) -> None:
        mail = self.mails[event.message_id]
        mail.see(STATUSES[event.name], event.emails, event.external_id)

    @precondition(lambda self: any(event.waits for event in self.ses.events))
    @rule()
    def find_whose_the_rest_is(self) -> None:
        reapply(self.world.engine, _REACH)
        for event in self.ses.events:
            if event.waits and self._is_known(event):
                event.waits = False
                self._see(event)

    @precondition(lambda self: self.ses.told())
    @rule(which=some)
    def lose(self, which: list[int]) -> None:
        """What was told already was told for the last time."""
        told = self.ses.told()
        for at in which:
            told[at % len(told)].lost = True
