"""The events that SES publishes about a mail, member for member.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and the
examples beside it. Each function gives one event; `about` is the `mail` object they share.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from deploy.local.aws.arns import ACCOUNT, arn
from deploy.local.aws.ses.addresses import bare, domain_of
from deploy.local.aws.ses.headers import Header, first, told
from deploy.local.aws.ses.journal import Accepted, iso, new_id

REPORTING_MTA = "dns; a8-70.smtp-out.amazonses.com"
SUPPRESSED_WORDS = (
    "Amazon SES did not send the message to this address because it is on the suppression list"
    " for your account. For more information about removing addresses from the suppression list,"
    " see the Amazon SES Developer Guide at https://docs.aws.amazon.com/ses/latest/DeveloperGuide/"
    "sending-email-suppression-list.html"
)
LISTED = {"from": "from", "to": "to", "cc": "cc", "replyTo": "reply-to"}
SINGLE = {"date": "date", "subject": "subject", "returnPath": "return-path"}

Event = dict[str, Any]


def about(accepted: Accepted) -> dict[str, Any]:
    mail = accepted.mail
    headers, truncated = told(mail.headers)
    domain = domain_of(bare(mail.source))
    return {
        "timestamp": iso(accepted.at),
        "source": mail.source,
        "sourceArn": arn("ses", f"identity/{domain}"),
        "sendingAccountId": ACCOUNT,
        "messageId": accepted.message_id,
        "destination": mail.destinations,
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": _common(accepted.message_id, mail.headers),
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [mail.configuration_set],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [domain],
            "ses:caller-identity": ["postroom"],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _common(message_id: str, headers: Sequence[Header]) -> dict[str, Any]:
    """As AWS shows them: a list has one item, the whole header."""
    common: dict[str, Any] = {"messageId": message_id}
    for key, name in LISTED.items():
        if (value := first(headers, name)) is not None:
            common[key] = [value]
    for key, name in SINGLE.items():
        if (value := first(headers, name)) is not None:
            common[key] = value
    return common


def send(mail: dict[str, Any]) -> Event:
    return {"eventType": "Send", "mail": mail, "send": {}}


def reject(mail: dict[str, Any]) -> Event:
    return {"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}


def delivery(mail: dict[str, Any], recipient: str, at: datetime) -> Event:
    took = at - datetime.fromisoformat(mail["timestamp"])
    detail = {
        "timestamp": iso(at),
        "processingTimeMillis": round(took.total_seconds() * 1000),
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.0.1",
        "reportingMTA": REPORTING_MTA.removeprefix("dns; "),
    }
    return {"eventType": "Delivery", "mail": mail, "delivery": detail}


def delay(mail: dict[str, Any], recipient: str, at: datetime) -> Event:
    delayed = {
        "emailAddress": recipient,
        "status": "4.4.1",
        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
    }
    detail = {
        "timestamp": iso(at),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": iso(at + timedelta(hours=14)),
        "delayedRecipients": [delayed],
    }
    return {"eventType": "DeliveryDelay", "mail": mail, "deliveryDelay": detail}


def bounce(mail: dict[str, Any], recipient: str, at: datetime) -> Event:
    words = "smtp; 550 5.1.1 user unknown"
    return _permanent(mail, recipient, at, ("General", words, REPORTING_MTA))


def suppressed(mail: dict[str, Any], recipient: str, at: datetime) -> Event:
    words = ("OnAccountSuppressionList", SUPPRESSED_WORDS, "dns; amazonses.com")
    return _permanent(mail, recipient, at, words)


def _permanent(
    mail: dict[str, Any], recipient: str, at: datetime, words: tuple[str, str, str]
) -> Event:
    sub_type, diagnostic, mta = words
    bounced = {
        "emailAddress": recipient,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": diagnostic,
    }
    detail = {
        "feedbackId": new_id(at),
        "bounceType": "Permanent",
        "bounceSubType": sub_type,
        "bouncedRecipients": [bounced],
        "timestamp": iso(at),
        "reportingMTA": mta,
    }
    return {"eventType": "Bounce", "mail": mail, "bounce": detail}


def complaint(mail: dict[str, Any], recipient: str, at: datetime) -> Event:
    detail = {
        "feedbackId": new_id(at),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": iso(at),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": iso(at),
    }
    return {"eventType": "Complaint", "mail": mail, "complaint": detail}


_LISTS = (
    ("bounce", "bouncedRecipients"),
    ("complaint", "complainedRecipients"),
    ("deliveryDelay", "delayedRecipients"),
)


def concerned(event: Event) -> Sequence[str]:
    """Whom the event is about."""
    for detail, listed in _LISTS:
        if detail in event:
            return [one["emailAddress"] for one in event[detail][listed]]
    if "delivery" in event:
        return list(event["delivery"]["recipients"])
    return list(event["mail"]["destination"])
