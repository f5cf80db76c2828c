"""From what SES reports to what becomes of a recipient, and why, in words; pure."""

from typing import Final
from uuid import UUID

from common.statuses import Reason
from common.tracking import Sighting
from services.status.parse import SesEvent

_STATUSES: Final = {
    "send": "sent",
    "delivery": "delivered",
    "delivery_delay": "delayed",
    "bounce": "bounced_transient",  # Undetermined, and whatever SES adds: it may pass
    "complaint": "complained",
    "reject": "rejected",
    "rendering_failure": "rejected",
}
# By kind and type, where the type decides.
_STATUSES_BY_TYPE: Final = {
    ("bounce", "Permanent"): "bounced",
    ("complaint", "not-spam"): None,  # somebody took it out of the spam folder
}
_ABOUT_EVERYBODY: Final = ("send", "reject", "rendering_failure")
_WITHOUT_REASON: Final = ("send", "delivery")

_ON = "SES goes on trying"
_END = "SES has given up"
_WITHHELD: Final = "SES did not send the message: the address is on the suppression list"

# By kind, and type or subType where those say more. They name what a person can act on.
_WORDS: Final = {
    ("bounce", ""): f"The message bounced for a reason that SES does not know, and {_END}",
    ("bounce", "Permanent"): "The recipient's server refused the message for good",
    ("bounce", "Suppressed"): f"{_WITHHELD} that SES keeps of addresses that bounced lately",
    ("bounce", "OnAccountSuppressionList"): f"{_WITHHELD} of the AWS account; "
    "remove it there to mail it again",
    ("bounce", "Transient"): f"The recipient's server did not take the message, and {_END}",
    ("bounce", "MailboxFull"): f"The recipient's mailbox is full, and {_END}",
    ("bounce", "MessageTooLarge"): "The message is too large for the recipient's server",
    ("bounce", "ContentRejected"): "The recipient's server refused the message's content",
    ("bounce", "AttachmentRejected"): "The recipient's server refused an attachment",
    ("complaint", ""): "The recipient has called the message spam",
    ("complaint", "OnAccountSuppressionList"): f"{_WITHHELD} of the AWS "
    "account, since its owner has called mail spam",
    ("delivery_delay", ""): f"The recipient's server does not take the message now; {_ON}",
    ("delivery_delay", "MailboxFull"): f"The recipient's mailbox is full; {_ON}",
    ("delivery_delay", "SpamDetected"): "The recipient's server sees too much unwanted mail from "
    f"this account; {_ON}",
    ("delivery_delay", "IPFailure"): "The recipient's server does not take mail from the address "
    f"that SES sends from; {_ON}",
    ("reject", ""): "SES refused the message",
    ("rendering_failure", ""): "SES could not fill in the template",
}


def status_of(event: SesEvent) -> str | None:
    """The status (`statuses.RECIPIENT_STATUSES`) that the event moves recipients to, if any."""
    usual = _STATUSES.get(event.kind)
    return _STATUSES_BY_TYPE.get((event.kind, event.reason.get("type", "")), usual)


def sighting(event: SesEvent, message_id: UUID) -> Sighting | None:
    """What the event says of a message of ours; None where it moves nobody.

    A complaint's list is of those who *may* have complained: most providers black the address
    out, and SES then lists everybody at the domain who got the mail. All of them count as
    complained: to take one who did not for one who did costs a look, the other way round costs the
    account. The words say which it is.
    A complaint `OnAccountSuppressionList` is a mail that SES withheld because of an earlier
    complaint. It counts as one too: that is how the recipient stands to this sender.
    """
    status = status_of(event)
    if status is None:
        return None
    return Sighting(
        message_id=message_id,
        status=status,
        at=event.at,
        emails=None if event.kind in _ABOUT_EVERYBODY else event.recipients,
        reason=None if event.kind in _WITHOUT_REASON else _reason(event),
        external_id=event.external_message_id,
    )


def evidence(event: SesEvent, message_id: UUID) -> Sighting:
    """What an event that moves nobody (an open, say) still shows of a message that is not known to
    be with SES: it is.
    """
    return Sighting(message_id, "sent", event.at, external_id=event.external_message_id)


def _reason(event: SesEvent) -> Reason:
    diagnostic = event.reason.get("diagnostic")
    words = _words(event)
    return {"message": f"{words}: {diagnostic}" if diagnostic else words, **event.reason}


def _words(event: SesEvent) -> str:
    if event.kind == "complaint" and len(event.recipients) > 1 and "subType" not in event.reason:
        return (
            f"One of {len(event.recipients)} recipients has called the message spam; "
            "their provider does not tell which"
        )
    names = (event.reason.get("subType", ""), event.reason.get("type", ""), "")
    return next(_WORDS[event.kind, name] for name in names if (event.kind, name) in _WORDS)
