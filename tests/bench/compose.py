"""How fast a mail is written and what it takes of memory, beside the standard library's way.

Memory is what Python holds at its peak (`tracemalloc`), by the size of the file.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from time import perf_counter

from botocore.credentials import ReadOnlyCredentials

from common.addresses import Address
from common.endpoint import Body
from common.signed import Answer, Signed
from common.sigv4 import Signer
from services.sender.compose import Attachment, Outgoing, compose, stable_id
from services.sender.ses import Accepted, Ses
from services.sender.wire import Envelope
from tests.bench.measure import Bar, Figure, in_turns, ratios
from tests.held import peak

SECONDS = 0.4  # of one turn
SMALL_BAR = Bar(0.3, at_least=False)  # milliseconds
LARGE_BAR = Bar(12, at_least=False)
COPIES_BAR = Bar(3, at_least=False)

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
LARGE = replace(SMALL, headers=(), attachments=(FILE,))
SIZE = len(FILE.content)


def main() -> list[Figure]:
    """Of a small mail and of one with a file of 1 MB."""
    return [
        *_speed("2 KB text + html", SMALL, SMALL_BAR),
        *_speed("the same + 1 MB file", LARGE, LARGE_BAR),
        *_memory(),
    ]


def _speed(name: str, mail: Outgoing, bar: Bar) -> list[Figure]:
    ours, theirs = in_turns([lambda: cost(compose, mail), lambda: cost(by_library, mail)])
    return [
        Figure(f"compose, {name}", ours, "ms", bar),
        Figure(f"compose, {name}, beside EmailMessage with policy.SMTP", ratios(theirs, ours)),
    ]


def cost(write: Callable[[Outgoing], object], mail: Outgoing) -> float:
    """Milliseconds a mail."""
    count, start = 0, perf_counter()
    while (spent := perf_counter() - start) < SECONDS:
        write(mail)
        count += 1
    return spent / count * 1000


def _memory() -> list[Figure]:
    with asyncio.Runner() as runner:
        ses = Ses(_Nobody(), "postroom")

        def send(mime: list[bytes]) -> None:
            runner.run(_send(ses, mime))

        send(compose(SMALL))  # what is loaded once
        copies = peak(lambda: compose(LARGE)) / SIZE
        road = peak(lambda: send(compose(_read()))) / SIZE
    return [
        Figure("compose, memory by the file's size", (copies,), "copies", COPIES_BAR, "without it"),
        Figure("file, mail and the call, the same", (road,), "copies", told="with the file"),
    ]


def _read() -> Outgoing:
    """With a file of its own, as it comes out of the database."""
    content = bytes(bytearray(FILE.content))
    return replace(LARGE, attachments=(replace(FILE, content=content),))


async def _send(ses: Ses, mime: Sequence[bytes]) -> None:
    envelope = Envelope(SMALL.from_.email, (SMALL.to[0].email,), (), (), (), mime)
    outcome = await ses.send(envelope)
    if not isinstance(outcome, Accepted):
        raise RuntimeError(outcome)  # noqa: TRY004 - it is no argument


class _Nobody(Signed):
    """The product's way to SES up to the wire."""

    def __init__(self) -> None:
        self._signer = Signer.of("http://127.0.0.1:9/", "us-east-1", "ses")

    async def sign(self, headers: Mapping[str, str], body: Body) -> dict[str, str]:
        return self._signer.signed(headers, body, ReadOnlyCredentials("id", "secret", None))

    async def send(self, signed: Mapping[str, str], body: Body) -> Answer:  # noqa: ARG002
        deque(body, 0)
        return Answer(200, {}, b'{"MessageId":"0100019aab3c7f10"}')


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
