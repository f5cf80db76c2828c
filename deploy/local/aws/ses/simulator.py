"""What becomes of a mail at its recipient, which here the address alone decides.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html (mailbox simulator)
"""

from enum import Enum, auto

DOMAIN = "simulator.amazonses.com"


class Outcome(Enum):
    """One event about one recipient."""

    DELAYED = auto()
    DELIVERED = auto()
    BOUNCED = auto()
    SUPPRESSED = auto()
    COMPLAINED = auto()


DELIVERY = (Outcome.DELIVERED,)
SUPPRESSION = (Outcome.SUPPRESSED,)
BY_NAME = {
    "success": DELIVERY,
    # AWS delivers, and the mailbox answers that it is out of office: to the sender's own
    # mailbox, by mail. No mailbox is behind the double, so here the delivery is all of it.
    "ooto": DELIVERY,
    "bounce": (Outcome.BOUNCED,),
    "complaint": (Outcome.DELIVERED, Outcome.COMPLAINED),
    "suppressionlist": SUPPRESSION,
}


def outcomes(address: str, *, suppressed: bool = False) -> tuple[Outcome, ...]:
    """In the order in which they happen. Labels (`bounce+x@`) and case make no difference."""
    if suppressed:
        return SUPPRESSION
    local, _, domain = address.lower().rpartition("@")
    if domain != DOMAIN:
        return DELIVERY
    return BY_NAME.get(local.partition("+")[0], DELIVERY)
