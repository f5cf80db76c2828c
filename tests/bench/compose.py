"""How fast a mail is written, beside the standard library's way in the same run.

    python -m tests.bench.compose

The ratio is what carries over to another machine; the figures a second drift with its mood.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from time import perf_counter

from common.addresses import Address
from services.sender.compose import Attachment, Outgoing, compose, stable_id

ROUNDS = 5  # the best one counts: noise only ever makes a round slower
SECONDS = 0.4  # of one round

LINE = "The quick brown fox jumps over the lazy dog, as it has done for years now."
TEXT = "\r\n".join([LINE] * 27)
HTML = "\r\n".join(["<html><body>", *[f"<p>{LINE}</p>"] * 25, "</body></html>"])
SMALL = Outgoing(
    message_id="msg_01j3abcdefghjkmnpqrstvwxyz",
    from_=Address("support@mail.example", "Example Support"),
    to=(Address("jane.doe@customer.example", "Jane Doe"),),
    subject="Your order 4711 is on its way",
    date=datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC),
    text=TEXT,
    html=HTML,
    headers=(("X-Campaign", "spring"),),
)
FILE = Attachment("report.pdf", "application/pdf", bytes(range(256)) * 4096)
LARGE = Outgoing(
    message_id=SMALL.message_id,
    from_=SMALL.from_,
    to=SMALL.to,
    subject=SMALL.subject,
    date=SMALL.date,
    text=TEXT,
    html=HTML,
    attachments=(FILE,),
)


def by_library(mail: Outgoing) -> bytes:
    """Write the same mail with `EmailMessage`, its ASCII values only."""
    message = EmailMessage(policy=SMTP)
    message["From"] = str(mail.from_)
    message["To"] = ", ".join(map(str, mail.to))
    message["Subject"] = mail.subject
    message["Date"] = mail.date
    own = stable_id(mail.message_id, mail.from_.domain)
    message["Message-ID"] = message["References"] = own
    message["X-Postroom-Message-Id"] = mail.message_id
    for name, value in mail.headers:
        message[name] = value
    message.set_content(mail.text or "")
    message.add_alternative(mail.html or "", subtype="html")
    for each in mail.attachments:
        maintype, _, subtype = each.content_type.partition("/")
        message.add_attachment(each.content, maintype=maintype, subtype=subtype, filename=each.name)
    return message.as_bytes()


def rate(write: Callable[[Outgoing], bytes], mail: Outgoing) -> float:
    """Return mails a second of the best round."""
    best = 0.0
    for _ in range(ROUNDS):
        count, start = 0, perf_counter()
        while (spent := perf_counter() - start) < SECONDS:
            write(mail)
            count += 1
        best = max(best, count / spent)
    return best


def main() -> None:
    """Print one line for each kind of mail."""
    for name, mail in (("2 KB text + html", SMALL), ("the same + 1 MB file", LARGE)):
        ours, theirs = rate(compose, mail), rate(by_library, mail)
        sys.stdout.write(
            f"compose, {name}: {ours:,.0f}/s; EmailMessage with policy.SMTP: {theirs:,.0f}/s;"
            f" ratio {ours / theirs:.1f}\n"
        )


if __name__ == "__main__":
    main()
