"""The course of an accepted mail: every event that will be told of it, in order."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

from deploy.local.aws.ses import events
from deploy.local.aws.ses.events import Event
from deploy.local.aws.ses.journal import Accepted
from deploy.local.aws.ses.outgoing import Outgoing
from deploy.local.aws.ses.simulator import Outcome, outcomes

EVENTS = {
    Outcome.DELAYED: events.delay,
    Outcome.DELIVERED: events.delivery,
    Outcome.BOUNCED: events.bounce,
    Outcome.SUPPRESSED: events.suppressed,
    Outcome.COMPLAINED: events.complaint,
}
# SES says Reject when its scanner finds a virus; the way to try it is the EICAR test file
# (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
# Both of its spellings are here in part only, so that no scanner takes this file for it.
VIRUS = (b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE", b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9")


def is_rejected(mail: Outgoing) -> bool:
    """After it was accepted: nobody gets it."""
    return any(mark in mail.raw for mark in VIRUS)


def course(
    accepted: Accepted, is_suppressed: Callable[[str], bool], is_delayed: Callable[[], bool]
) -> Iterator[Event]:
    """Send, then what happens to each recipient: but for Send, every event names one recipient."""
    mail = events.about(accepted)
    yield events.send(mail)
    if is_rejected(accepted.mail):
        yield events.reject(mail)
        return
    ends = count(1)
    for recipient in accepted.mail.destinations:
        happening = outcomes(recipient, suppressed=is_suppressed(recipient))
        if Outcome.DELIVERED in happening and is_delayed():
            happening = (Outcome.DELAYED, *happening)
        for outcome in happening:
            # A millisecond apart, so that no two events of a mail have the same time.
            yield EVENTS[outcome](mail, recipient, accepted.at + timedelta(milliseconds=next(ends)))
