"""What SES accepted: the double's memory, and its half of every ledger.

Bounded: the newest 10,000 mails, and 256 MiB of them; older ones are forgotten.
"""

import base64
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from deploy.local.aws.ses.outgoing import Outgoing

MOST_MAILS = 10_000
MOST_BYTES = 256 * 1024 * 1024


def new_id(at: datetime) -> str:
    """An id as SES gives them out in us-east-1: 0100, the milliseconds, a UUID and a counter."""
    return f"0100{int(at.timestamp() * 1000):012x}-{uuid4()}-000000"


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str
    at: datetime
    mail: Outgoing


class Journal:
    def __init__(self, most_mails: int = MOST_MAILS, most_bytes: int = MOST_BYTES) -> None:
        self._mails: deque[Accepted] = deque()
        self._position: dict[str, int] = {}
        self._forgotten = 0
        self._bytes = 0
        self._most_mails = most_mails
        self._most_bytes = most_bytes

    def accept(self, mail: Outgoing) -> Accepted:
        at = datetime.now(UTC)
        accepted = Accepted(new_id(at), at, mail)
        self._position[accepted.message_id] = self._forgotten + len(self._mails)
        self._mails.append(accepted)
        self._bytes += len(mail.raw)
        while len(self._mails) > self._most_mails or self._bytes > self._most_bytes:
            self._forget()
        return accepted

    def _forget(self) -> None:
        oldest = self._mails.popleft()
        del self._position[oldest.message_id]
        self._bytes -= len(oldest.mail.raw)
        self._forgotten += 1

    def since(self, message_id: str | None = None) -> Iterator[Accepted]:
        """Newest first; only what came after that id, or everything if it is not remembered."""
        count = len(self._mails)
        if message_id in self._position:
            count += self._forgotten - self._position[message_id] - 1
        return islice(reversed(self._mails), count)


def shown(accepted: Accepted) -> dict[str, Any]:
    """One item of `GET /sent`."""
    return {
        "messageId": accepted.message_id,
        "source": accepted.mail.source,
        "destinations": accepted.mail.destinations,
        "configurationSet": accepted.mail.configuration_set,
        "tags": accepted.mail.tags,
        "raw": base64.b64encode(accepted.mail.raw).decode(),
        "acceptedAt": iso(accepted.at),
    }
