"""The notification of a received mail, member for member.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html, and recorded
ones of an S3 action.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from deploy.local.aws.arns import arn
from deploy.local.aws.ses.headers import MOST_TOLD_BYTES, Header, first, told
from deploy.local.aws.ses.journal import iso
from deploy.local.aws.ses.notifications import wrap
from deploy.local.aws.ses.receiving.incoming import CHECKS, Incoming, addresses
from deploy.local.aws.ses.receiving.stamps import FOLD, stamps

NAME = "postroom-inbound"
"""Of the bucket, of the topic and of the queue."""
TOPIC = arn("sns", NAME)
SUBJECT = "Amazon SES Email Receipt Notification"
PROCESSING_MILLIS = 751
LISTED = {"from": "from", "replyTo": "reply-to", "to": "to", "cc": "cc", "bcc": "bcc"}
SINGLE = {"sender": "sender", "date": "date", "messageId": "message-id", "subject": "subject"}


def notification(mail: Incoming) -> str:
    """As it lies in the queue; a new one of SNS's each time."""
    said = {"notificationType": "Received", "mail": _mail(mail), "receipt": _receipt(mail)}
    return wrap(orjson.dumps(said).decode(), TOPIC, SUBJECT)


def _mail(mail: Incoming) -> dict[str, Any]:
    ours = [(name, value.replace(FOLD, " ")) for name, value in stamps(mail)]
    headers, truncated = told([*ours, *mail.headers])
    common = _common(mail.headers)
    return {
        "timestamp": iso(mail.at),
        "source": mail.sender,
        "messageId": mail.message_id,
        "destination": [
            address
            for key in ("to", "cc")
            for box in common.get(key, ())
            for address in addresses(box)
        ],
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": {"returnPath": mail.sender, **common},
    }


def _common(headers: Sequence[Header]) -> dict[str, Any]:
    """SNS takes 256 KB: what alone is longer than all headers may be is left out, and the others
    are told until they are 10 KB.
    """
    names = {*LISTED.values(), *SINGLE.values()}
    short = [one for one in headers if one[0].lower() in names and len(one[1]) <= MOST_TOLD_BYTES]
    kept = [(one["name"], one["value"]) for one in told(short)[0]]
    common: dict[str, Any] = {}
    for key, name in LISTED.items():
        if value := first(kept, name):
            common[key] = [box.strip() for box in _boxes(value)]
    for key, name in SINGLE.items():
        if (single := first(kept, name)) is not None:
            common[key] = single
    return common


def _boxes(value: str) -> list[str]:
    """Cut at the commas outside of quotes."""
    parts = value.split('"')
    # Every second part is quoted: its commas are hidden from the cut, and come back after it.
    hidden = [part.replace(",", "\0") if n % 2 else part for n, part in enumerate(parts)]
    return [box.replace("\0", ",") for box in '"'.join(hidden).split(",")]


def _receipt(mail: Incoming) -> dict[str, Any]:
    verdicts = {f"{check}Verdict": {"status": mail.verdicts[check]} for check in CHECKS}
    policy = {"dmarcPolicy": mail.dmarc_policy} if mail.dmarc_policy else {}
    return {
        "timestamp": iso(mail.at),
        "processingTimeMillis": PROCESSING_MILLIS,
        "recipients": mail.recipients,
        **verdicts,
        **policy,
        "action": {
            "type": "S3",
            "topicArn": TOPIC,
            "bucketName": NAME,
            "objectKey": mail.message_id,
        },
    }
