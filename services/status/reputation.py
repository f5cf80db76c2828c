"""What SES judges an account by, counted as SES counts: recipients whose mail bounced, complaints.

The rates are these over `postroom_recipients_sent_total` of the sender. SES reviews an account
from 5 % of bounces, of which `permanent` alone count, and from 0.1 % of complaints. What SES
withheld for the account's own suppression list counts towards neither; for its own list, it does.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
"""

from typing import Final

from prometheus_client import Counter

from services.status.parse import SesEvent

DELIVERED: Final = Counter(
    "postroom_recipients_delivered_total", "Recipients whose server took the mail"
)
# type: permanent, transient, undetermined, withheld, other
BOUNCES: Final = Counter("postroom_bounces_total", "Recipients whose mail bounced", ["type"])
# type: spam, withheld, not_spam
COMPLAINTS: Final = Counter("postroom_complaints_total", "Complaints about mail of ours", ["type"])

_WITHHELD: Final = "OnAccountSuppressionList"
_TYPES: Final = ("Permanent", "Transient", "Undetermined")


def count(event: SesEvent) -> None:
    """Of one event about a message of ours, the first time that it comes."""
    withheld = event.reason.get("subType") == _WITHHELD
    type_ = event.reason.get("type", "")
    match event.kind:
        case "delivery":
            DELIVERED.inc(len(event.recipients))
        case "bounce":
            known = type_.lower() if type_ in _TYPES else "other"
            BOUNCES.labels("withheld" if withheld else known).inc(len(event.recipients))
        case "complaint":  # once, however many recipients it may be of
            known = "not_spam" if type_ == "not-spam" else "spam"
            COMPLAINTS.labels("withheld" if withheld else known).inc()
