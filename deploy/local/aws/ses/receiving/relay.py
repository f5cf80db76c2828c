"""What SES makes of a mail on its way out, and who then gets it: the mail as others receive it.

https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

import re
from email.utils import format_datetime

from deploy.local.aws.ses.headers import END_OF_BLOCK
from deploy.local.aws.ses.journal import Accepted
from deploy.local.aws.ses.receiving.incoming import Incoming, Peer, read

FIELD_END = re.compile(rb"\r?\n(?![ \t])")
# Overridden, taken out, or meant for SES itself.
REPLACED = {b"message-id", b"date", b"bcc", b"return-path"}
FOR_SES = b"x-ses-"
PEER = Peer("a8-70.smtp-out.amazonses.com", "54.240.8.70", signers=("amazonses.com",))


def domain_of_region(region: str) -> str:
    """The right side of the Message-ID that SES stamps."""
    return f"{'email' if region == 'us-east-1' else region}.amazonses.com"


def relayed(accepted: Accepted, recipients: tuple[str, ...], region: str) -> Incoming:
    """The mail as SES hands it over to these. Its return path is SES's own: bounces go there."""
    path = "amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
    raw = on_the_wire(accepted, region)
    return Incoming(
        raw=raw,
        headers=read(raw),
        sender=f"{accepted.message_id}@{path}",
        recipients=recipients,
        peer=PEER,
    )


def on_the_wire(accepted: Accepted, region: str) -> bytes:
    """The same mail, but SES's Message-ID, its date, and no Bcc."""
    raw = accepted.mail.raw
    end = END_OF_BLOCK.search(raw)
    block, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    kept = [field for field in FIELD_END.split(block) if not _is_replaced(field)]
    ip, day = PEER.ip, accepted.at.strftime("%Y.%m.%d")
    added = [
        f"Message-ID: <{accepted.message_id}@{domain_of_region(region)}>",
        f"Date: {format_datetime(accepted.at)}",
        f"Feedback-ID: ::1.{region}.{'A' * 43}=:AmazonSES",
        f"X-SES-Outgoing: {day}-{ip}",
    ]
    return b"\r\n".join([*kept, *(line.encode() for line in added), b"", body])


def _is_replaced(field: bytes) -> bool:
    name = field.partition(b":")[0].strip().lower()
    return name in REPLACED or name.startswith(FOR_SES)
